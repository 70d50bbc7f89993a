//! The arguments of the attribute, in terms of the facts. Each mistake in their form is reported, and what can be
//! understood is kept; whether it follows the rules, `check` says.

use crate::errors::{Errors, Place};
use crate::keys::{
    CLASS, CRATE, KEYS, KIT, OF, PLATFORM, USES, WAIVES, names_without_brackets, no_path, path_in, rest,
};
use crate::messages::{self, List, Problem};
use crate::spec::Spec;
use crate::suggest::similar;
use crate::syntax::{brackets, describe, describe_next, next, spell};
use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use std::ops::Range;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitStr, Token};
use wpu_rt::compliance::Case;
use wpu_rt::facts::{ClassId, Kit, PlatformId, Upcall};
use wpu_rt::upcall_set::UpcallSet;

/// What the arguments declare.
pub(crate) struct Declared<'a> {
    /// The spec whose words and upcalls they name.
    pub(crate) spec: &'a Spec,
    /// What stands behind `class`, `platform` and `kit`, as indices of the facts.
    pub(crate) words: [Value<usize>; 3],
    /// The names in both lists.
    pub(crate) names: Vec<Name>,
    /// The waivers.
    pub(crate) waivers: Vec<Waiver>,
    /// Whether something was passed over that may have held names.
    pub(crate) incomplete: bool,
}

/// The value of a key or of a name.
#[derive(Default)]
pub(crate) enum Value<T> {
    /// It is not there.
    #[default]
    Absent,
    /// It makes no sense, which was reported.
    Wrong,
    /// The value.
    Given(T, Place),
}

/// The name of an upcall.
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) place: Place,
    pub(crate) list: List,
    /// The upcall of that name, as an index of the facts.
    pub(crate) upcall: Option<usize>,
    /// The upcall that the user had in mind, as far as one can tell.
    pub(crate) meant: Option<usize>,
}

/// Names that share one reason.
pub(crate) struct Waiver {
    /// Where they are in [`Declared::names`].
    pub(crate) names: Range<usize>,
    pub(crate) reason: Value<String>,
}

impl<'a> Declared<'a> {
    /// Without an argument.
    pub(crate) fn nothing(spec: &'a Spec) -> Self {
        Self { spec, words: Default::default(), names: Vec::new(), waivers: Vec::new(), incomplete: false }
    }

    /// Reads the attribute's arguments, which hold no invisible groups. Not every attribute `has_of`.
    pub(crate) fn parse(spec: &'a Spec, has_of: bool, tokens: TokenStream, errors: &mut Errors) -> Self {
        let keys = if has_of { &KEYS } else { &KEYS[..OF] };
        let declared = Self::nothing(spec);
        let mut reader = Reader { declared, keys, seen: [false; KEYS.len()], places: 0, errors };
        reader.entries(tokens, &mut Reader::argument);
        reader.declared
    }

    /// Where a key is not there, something that was reported may be meant for it.
    pub(crate) fn may_be_meant(&mut self, key: usize) {
        if let Value::Absent = self.words[key] {
            self.words[key] = Value::Wrong;
        }
    }

    fn word(&self, key: usize) -> Option<usize> {
        if let Value::Given(word, _) = self.words[key] { Some(word) } else { None }
    }

    /// The class. Without a value, any: an error was reported.
    pub(crate) fn class(&self) -> ClassId {
        ClassId::new(self.word(CLASS).unwrap_or(0))
    }

    /// The platform.
    pub(crate) fn platform(&self) -> PlatformId {
        self.word(PLATFORM).map_or(self.spec.facts.default_platform, PlatformId::new)
    }

    /// The kit.
    pub(crate) fn kit(&self) -> Option<&'a Kit> {
        self.word(KIT).map(|word| &self.spec.kits[word])
    }

    /// What the kit uses for a provider of this class.
    pub(crate) fn by_kit(&self) -> &'static [usize] {
        self.kit().map_or(&[], |kit| kit.uses(self.class()))
    }

    /// An upcall.
    pub(crate) fn upcall(&self, at: usize) -> &'static Upcall {
        &self.spec.facts.upcalls[at]
    }

    /// Whether an upcall may be used.
    pub(crate) fn applies(&self, upcall: usize) -> bool {
        self.upcall(upcall).applies(self.class(), self.platform())
    }

    /// What the rules judge, with these lists.
    pub(crate) fn case<'l>(&self, uses: &'l [usize], waives: &'l [usize]) -> Case<'l> {
        Case { class: self.class(), platform: self.platform(), kit: self.by_kit(), uses, waives }
    }

    /// The upcalls in a list.
    pub(crate) fn upcalls(&self, list: List, upcall: fn(&Name) -> Option<usize>) -> UpcallSet {
        self.names.iter().filter(|name| name.list == list).filter_map(upcall).collect()
    }

    /// The words that may stand behind one of the first keys.
    fn known(&self, key: usize) -> Vec<&'static str> {
        match key {
            CLASS => self.spec.facts.classes.iter().map(|class| class.name).collect(),
            PLATFORM => self.spec.facts.platforms.iter().map(|platform| platform.name).collect(),
            _ => self.spec.kits.iter().map(|kit| kit.name).collect(),
        }
    }
}

/// What a list holds.
const NAME: &str = "the name of an upcall";

/// What has been read of an entry; what is wrong with it, if the rest of it cannot be read.
type Entry = Result<(), Mistake>;
type Mistake = (Place, Problem);

struct Reader<'a, 'e> {
    declared: Declared<'a>,
    /// The keys that the attribute has.
    keys: &'static [&'static str],
    /// Which of the keys have been there.
    seen: [bool; KEYS.len()],
    /// How many places have been given out, in reading order.
    places: usize,
    errors: &'e mut Errors,
}

impl Reader<'_, '_> {
    /// Entries with commas between them. After a mistake, the next entry begins behind the next comma.
    fn entries(&mut self, tokens: TokenStream, entry: &mut dyn FnMut(&mut Self, ParseStream<'_>) -> Entry) {
        let entries = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err((place, problem)) = entry(self, input) {
                    self.errors.add(place, problem);
                    self.pass_over(input);
                }
                self.comma(input);
            }
            Ok(())
        };
        entries.parse2(tokens).expect("every token is taken");
    }

    /// What separates two entries. An entry right behind another only lacks its comma.
    fn comma(&mut self, input: ParseStream<'_>) {
        if input.is_empty() || input.parse::<Token![,]>().is_ok() {
            return;
        }
        let problem = messages::expected("`,`", &describe_next(input));
        let place = self.here(input);
        self.errors.add(place, problem);
        if !input.peek(Ident::peek_any) {
            self.pass_over(input);
            _ = input.parse::<Token![,]>();
        }
    }

    /// The rest of an entry after a mistake. It may have been meant as a name.
    fn pass_over(&mut self, input: ParseStream<'_>) {
        self.declared.incomplete |= !rest(input).is_empty();
    }

    /// The place of the next token, or of the last one if there is no more.
    fn here(&mut self, input: ParseStream<'_>) -> Place {
        let next = next(input).map(|tree| tree.span());
        let span = next.unwrap_or_else(|| input.cursor().prev_span());
        self.places += 1;
        Place { rank: self.places, first: span, last: span }
    }

    /// An argument.
    fn argument(&mut self, input: ParseStream<'_>) -> Entry {
        let place = self.here(input);
        let Ok(word) = input.call(Ident::parse_any) else {
            if !input.peek(Token![,]) {
                self.declared.may_be_meant(CLASS);
            }
            return Err((place, messages::one_of(self.keys, &spell(next(input).as_slice()))));
        };
        let word = word.to_string();
        let Some(key) = self.keys.iter().position(|key| *key == word) else {
            return self.unknown_key(&word, place, input);
        };
        let again = std::mem::replace(&mut self.seen[key], true);
        if again {
            self.errors.add(place, messages::twice(KEYS[key]));
        }
        match key {
            USES => self.list(List::Uses, place, input),
            WAIVES => self.list(List::Waives, place, input),
            CRATE | OF => self.path(key, input),
            _ => self.word(key, again, input),
        }
    }

    /// Reads on as though the key with the similar name stood there, so that nothing else is amiss.
    fn unknown_key(&mut self, word: &str, place: Place, input: ParseStream<'_>) -> Entry {
        self.errors.add(place, messages::one_of(self.keys, word));
        let similar = similar(word, self.keys);
        for list in [List::Uses, List::Waives] {
            if similar == Some(list.key()) {
                if let Some(TokenTree::Group(_)) = next(input) {
                    return self.list(list, place, input);
                }
                self.declared.incomplete = true;
            }
        }
        for key in [CLASS, PLATFORM, KIT] {
            if similar == Some(KEYS[key]) {
                self.declared.may_be_meant(key);
            }
        }
        self.declared.incomplete |= !input.peek(Token![=]);
        let value = rest(input);
        if value.get(1..).is_some_and(|value| self.declared.known(KIT).contains(&&*spell(value))) {
            self.declared.may_be_meant(KIT);
        }
        Ok(())
    }

    /// `= word`. Where the key stands twice, the first counts.
    fn word(&mut self, key: usize, again: bool, input: ParseStream<'_>) -> Entry {
        if !again {
            self.declared.words[key] = Value::Wrong;
        }
        let (place, value) = self.value(key, input)?;
        let (words, word) = (self.declared.known(key), spell(&value));
        match words.iter().position(|known| *known == word) {
            _ if again => {}
            Some(at) => self.declared.words[key] = Value::Given(at, place),
            None => return Err((place, messages::one_of(&words, &word))),
        }
        Ok(())
    }

    /// `= path`. Whoever made the call has read it.
    fn path(&mut self, key: usize, input: ParseStream<'_>) -> Entry {
        let (place, value) = self.value(key, input)?;
        let problem = no_path(key, &value);
        match path_in(value) {
            Some((_, false)) => Ok(()),
            Some((_, true)) => Err((place, problem.help("write the path without quotes"))),
            None => Err((place, problem)),
        }
    }

    /// What stands behind `key =`, if something does.
    fn value(&mut self, key: usize, input: ParseStream<'_>) -> Result<(Place, Vec<TokenTree>), Mistake> {
        let place = self.here(input);
        if input.parse::<Token![=]>().is_err() {
            let problem = messages::expected(&format!("`=` after `{}`", KEYS[key]), &describe_next(input));
            rest(input);
            return Err((place, problem));
        }
        let start = self.here(input);
        let value = rest(input);
        match value.last() {
            Some(last) => Ok((start.to(last.span()), value)),
            None => Err((place, messages::expected("a value after `=`", &describe_next(input)))),
        }
    }

    /// `(names)`, the key having been taken.
    fn list(&mut self, list: List, key: Place, input: ParseStream<'_>) -> Entry {
        let word = list.key();
        let equals = if input.parse::<Token![=]>().is_ok() { " = " } else { "" };
        let expected = format!("`{word}(…)`");
        let Ok(group) = input.parse::<Group>() else {
            let problem = match equals {
                "" => messages::expected(&format!("`(` after `{word}`"), &describe_next(input)),
                _ => messages::expected(&expected, &format!("`{word} = …`")),
            };
            self.declared.incomplete = true;
            names_without_brackets(input);
            return Err((key, problem));
        };
        if !equals.is_empty() || group.delimiter() != Delimiter::Parenthesis {
            let found = format!("`{word}{equals}{}`", brackets(&group));
            self.errors.add(key.to(group.span()), messages::expected(&expected, &found));
        }
        self.names(list, group.stream());
        Ok(())
    }

    /// The names in a list, and the reasons among them.
    fn names(&mut self, list: List, tokens: TokenStream) {
        let mut first = self.declared.names.len();
        self.entries(tokens, &mut |reader, input| {
            reader.name(list, input)?;
            if list == List::Uses && input.peek(Token![=]) {
                let problem = messages::expected("`,`", "`=`").help("a reason stands in `waives(…)`");
                return Err((reader.here(input), problem));
            }
            if list == List::Uses || input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any)
            {
                return Ok(());
            }
            let (reason, entry) = match reader.reason(input) {
                Ok((text, place)) => (Value::Given(text, place), Ok(())),
                Err(mistake) => (Value::Wrong, Err(mistake)),
            };
            first = reader.waive(first, reason);
            entry
        });
        if list == List::Waives {
            self.waive(first, Value::Absent);
        }
    }

    /// Gives a reason to the names since `first`, and tells where those of the next one start.
    fn waive(&mut self, first: usize, reason: Value<String>) -> usize {
        let end = self.declared.names.len();
        self.declared.waivers.push(Waiver { names: first..end, reason });
        end
    }

    /// A name. A path or a text is none, but tells what was meant.
    fn name(&mut self, list: List, input: ParseStream<'_>) -> Entry {
        let (mut place, found) = (self.here(input), describe_next(input));
        if let Some(text) = text(input) {
            let problem = messages::expected(NAME, &found);
            let Ok(name) = text.parse_with(Ident::parse_any) else {
                return Err((place, problem));
            };
            let text = name.to_string();
            self.errors.add(place, problem.help(&messages::without(&text, "quotes")));
            self.add(list, text, place, true);
            return Ok(());
        }
        let (mut path, mut name) = (String::new(), None);
        loop {
            match input.parse::<Token![::]>() {
                Ok(colons) => (path, place) = (path + "::", place.to(colons.spans[1])),
                Err(_) if name.is_some() => break,
                Err(_) => {}
            }
            let Ok(part) = input.call(Ident::parse_any) else { break };
            place = place.to(part.span());
            path.push_str(&part.to_string());
            name = Some(part.to_string());
        }
        let Some(text) = name else {
            let found = if path.is_empty() { found } else { format!("`{path}`") };
            return Err((place, messages::expected(NAME, &found)));
        };
        let reported = text != path;
        if reported {
            let problem = messages::expected(NAME, &format!("`{path}`"));
            let ends = path.ends_with(&text);
            let problem = if ends { problem.help(&messages::without(&text, "a path")) } else { problem };
            self.errors.add(place, problem);
        }
        self.add(list, text, place, reported);
        Ok(())
    }

    /// Adds a name. If it is that of no upcall, this is said, unless something was said of the name before.
    fn add(&mut self, list: List, text: String, place: Place, reported: bool) {
        let facts = self.declared.spec.facts;
        let upcall = facts.find(&text);
        let mut meant = upcall;
        if upcall.is_none() {
            if reported {
                self.declared.incomplete = true;
                return;
            }
            let known: Vec<&str> = facts.upcalls.iter().map(|upcall| upcall.name).collect();
            meant = similar(&text, &known).and_then(|name| facts.find(name));
            self.errors.add(place, messages::unknown(&text, meant.map(|upcall| &facts.upcalls[upcall])));
        }
        self.declared.names.push(Name { text, place, list, upcall, meant });
    }

    /// `= "reason"`.
    fn reason(&mut self, input: ParseStream<'_>) -> Result<(String, Place), Mistake> {
        let (place, found) = (self.here(input), describe_next(input));
        if input.parse::<Token![=]>().is_err() {
            return Err((place, messages::expected("`=` and a reason", &found)));
        }
        let (start, found) = (self.here(input), describe_next(input));
        if let Some(text) = text(input) {
            return Ok((text.value(), start));
        }
        let value = match input.parse::<Literal>() {
            Ok(literal) => vec![literal.into()],
            Err(_) => rest(input),
        };
        let (place, found) = match value.last() {
            Some(last) => (start.to(last.span()), describe(&value)),
            None => (start, found),
        };
        Err((place, messages::expected("a reason in quotes after `=`", &found)))
    }
}

/// Takes a text.
fn text(input: ParseStream<'_>) -> Option<LitStr> {
    input.peek(LitStr).then(|| input.parse().ok())?
}
