//! The arguments of the attribute, as they stand there; what they mean, `check` says.
//!
//! Each mistake in their form is reported, and what can be understood is kept.

use crate::errors::{Errors, Place};
use crate::messages::{self, List, Problem};
use crate::suggest::similar;
use crate::syntax::{brackets, describe, describe_next, next, spell, until};
use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

/// What stands in the attribute.
#[derive(Default)]
pub(crate) struct Args {
    /// The word behind `class =`.
    pub(crate) class: Value<String>,
    /// The word behind `platform =`.
    pub(crate) platform: Value<String>,
    /// The word behind `kit =`.
    pub(crate) kit: Value<String>,
    /// The upcalls that the provider calls.
    pub(crate) uses: Vec<Name>,
    /// The upcalls that it does without.
    pub(crate) waives: Vec<Waiver>,
    /// The path of the crate, where one is given.
    pub(crate) krate: Option<TokenStream>,
    /// Whether something was passed over that may have held names.
    pub(crate) incomplete: bool,
    /// What stands behind `=` after keys that do not exist.
    pub(crate) stray: Vec<String>,
}

/// The value of a key.
#[derive(Clone, Copy, Default)]
pub(crate) enum Value<T> {
    /// The key is not there.
    #[default]
    Absent,
    /// The key is there, with a value that makes no sense and was reported.
    Wrong,
    /// The value.
    Given(T, Place),
}

/// The name of an upcall.
pub(crate) struct Name {
    /// As written, or as meant, where something else was written.
    pub(crate) text: String,
    /// Where.
    pub(crate) place: Place,
    /// Whether something else was written, and reported.
    pub(crate) reported: bool,
}

/// Names that share one reason.
pub(crate) struct Waiver {
    /// The upcalls.
    pub(crate) names: Vec<Name>,
    /// The reason.
    pub(crate) reason: Value<String>,
}

impl Args {
    /// Reads the attribute's arguments, which hold no invisible groups.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut reader = Reader { args: Self::default(), seen: Vec::new(), places: 0, errors };
        reader.entries(tokens, &mut Reader::argument);
        reader.args
    }
}

impl<T: Copy> Value<T> {
    /// The value, if it is there and makes sense.
    pub(crate) fn given(&self) -> Option<T> {
        match self {
            Self::Given(value, _) => Some(*value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

impl<T> Value<T> {
    /// What is not there may be meant by something that was reported.
    fn may_be_meant(&mut self) {
        if matches!(self, Self::Absent) {
            *self = Self::Wrong;
        }
    }
}

/// The keys.
const KEYS: [&str; 6] = [CLASS, PLATFORM, KIT, List::Uses.key(), List::Waives.key(), CRATE];
const CLASS: &str = "class";
const PLATFORM: &str = "platform";
const KIT: &str = "kit";
const CRATE: &str = "crate";

/// What a list holds.
const NAME: &str = "the name of an upcall";

/// What has been read of an entry; what is wrong with it, if the rest of it cannot be read.
type Entry = Result<(), Mistake>;
type Mistake = (Place, Problem);

struct Reader<'e> {
    args: Args,
    seen: Vec<&'static str>,
    /// How many places have been given out, in reading order.
    places: usize,
    errors: &'e mut Errors,
}

impl Reader<'_> {
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
        self.args.incomplete |= !rest(input).is_empty();
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
        let Ok(key) = input.call(Ident::parse_any) else {
            if !input.peek(Token![,]) {
                self.args.class.may_be_meant();
            }
            return Err((place, messages::one_of(&KEYS, &spell(next(input).as_slice()))));
        };
        let key = key.to_string();
        let Some(known) = KEYS.iter().copied().find(|known| *known == key) else {
            return self.unknown_key(&key, place, input);
        };
        let again = self.seen.contains(&known);
        if again {
            self.errors.add(place, messages::twice(known));
        }
        self.seen.push(known);
        match known {
            CLASS => self.word(CLASS, again, |args| &mut args.class, input),
            PLATFORM => self.word(PLATFORM, again, |args| &mut args.platform, input),
            KIT => self.word(KIT, again, |args| &mut args.kit, input),
            CRATE => self.krate(input),
            key if key == List::Uses.key() => self.list(List::Uses, place, input),
            _ => self.list(List::Waives, place, input),
        }
    }

    /// Reads on as though the key with the similar name stood there, so that nothing else is amiss.
    fn unknown_key(&mut self, key: &str, place: Place, input: ParseStream<'_>) -> Entry {
        self.errors.add(place, messages::one_of(&KEYS, key));
        let similar = similar(key, &KEYS);
        match similar {
            Some(CLASS) => self.args.class.may_be_meant(),
            Some(KIT) => self.args.kit.may_be_meant(),
            _ => {}
        }
        let list = [List::Uses, List::Waives].into_iter().find(|list| similar == Some(list.key()));
        match list {
            Some(list) if matches!(next(input), Some(TokenTree::Group(_))) => {
                return self.list(list, place, input);
            }
            None if input.peek(Token![=]) => {
                let value = rest(input);
                self.args.stray.push(spell(&value[1..]));
            }
            _ => {
                self.args.incomplete = true;
                rest(input);
            }
        }
        Ok(())
    }

    /// `= word`. Where the key stands twice, the first counts.
    fn word(
        &mut self,
        key: &str,
        again: bool,
        slot: fn(&mut Args) -> &mut Value<String>,
        input: ParseStream<'_>,
    ) -> Entry {
        let read = self.equals(key, input).map(|(place, value)| (spell(&value), place));
        let (word, entry) = value(read);
        if !again {
            *slot(&mut self.args) = word;
        }
        entry
    }

    /// `= path`.
    fn krate(&mut self, input: ParseStream<'_>) -> Entry {
        let (place, value) = self.equals(CRATE, input)?;
        let found = describe(&value);
        let path: TokenStream = value.into_iter().collect();
        if is_path(path.clone()) {
            self.args.krate.get_or_insert(path);
            return Ok(());
        }
        let problem = messages::expected("a path such as `::wpu`", &found);
        let Some(inside) = unquoted(path).filter(|inside| is_path(inside.clone())) else {
            return Err((place, problem));
        };
        self.args.krate.get_or_insert(inside);
        Err((place, problem.help("write the path without quotes")))
    }

    /// What stands behind `key =`, if something does.
    fn equals(&mut self, key: &str, input: ParseStream<'_>) -> Result<(Place, Vec<TokenTree>), Mistake> {
        let place = self.here(input);
        if input.parse::<Token![=]>().is_err() {
            let problem = messages::expected(&format!("`=` after `{key}`"), &describe_next(input));
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
        let equals = if input.parse::<Token![=]>().is_ok() { " = " } else { "" };
        let expected = format!("`{}(…)`", list.key());
        let Ok(group) = input.parse::<Group>() else {
            let problem = match equals {
                "" => messages::expected(&format!("`(` after `{}`", list.key()), &describe_next(input)),
                _ => messages::expected(&expected, &format!("`{} = …`", list.key())),
            };
            self.args.incomplete = true;
            names_without_brackets(input);
            return Err((key, problem));
        };
        if !equals.is_empty() || group.delimiter() != Delimiter::Parenthesis {
            let found = format!("`{}{equals}{}`", list.key(), brackets(&group));
            self.errors.add(key.to(group.span()), messages::expected(&expected, &found));
        }
        self.names(list, group.stream());
        Ok(())
    }
    /// The names in a list, and the reasons among them.
    fn names(&mut self, list: List, tokens: TokenStream) {
        let mut names = Vec::new();
        self.entries(tokens, &mut |reader, input| {
            names.push(reader.name(input)?);
            if list == List::Uses && input.peek(Token![=]) {
                let problem = messages::expected("`,`", "`=`").help("a reason stands in `waives(…)`");
                return Err((reader.here(input), problem));
            }
            if list == List::Uses || ends_name(input) {
                return Ok(());
            }
            let (reason, entry) = value(reader.reason(input));
            reader.args.waives.push(Waiver { names: std::mem::take(&mut names), reason });
            entry
        });
        match list {
            List::Uses => self.args.uses.append(&mut names),
            List::Waives if names.is_empty() => {}
            List::Waives => self.args.waives.push(Waiver { names, reason: Value::Absent }),
        }
    }

    /// A name. A path or a text is none, but tells what was meant.
    fn name(&mut self, input: ParseStream<'_>) -> Result<Name, Mistake> {
        let (mut place, found) = (self.here(input), describe_next(input));
        if let Some(text) = text(input) {
            let problem = messages::expected(NAME, &found);
            let Ok(name) = text.parse_with(Ident::parse_any) else {
                return Err((place, problem));
            };
            let text = name.to_string();
            self.errors.add(place, problem.help(messages::without_quotes(&text)));
            return Ok(Name { text, place, reported: true });
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
            self.errors.add(place, messages::expected(NAME, &format!("`{path}`")));
        }
        Ok(Name { text, place, reported })
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

/// Whether tokens are a path without arguments, as a module has.
fn is_path(tokens: TokenStream) -> bool {
    path.parse2(tokens).is_ok()
}

fn path(input: ParseStream<'_>) -> syn::Result<Punctuated<Ident, Token![::]>> {
    input.parse::<Option<Token![::]>>()?;
    Punctuated::parse_separated_nonempty_with(input, |segment| {
        let starts = segment.peek(Token![crate])
            || segment.peek(Token![self])
            || segment.peek(Token![Self])
            || segment.peek(Token![super]);
        if starts { Ident::parse_any(segment) } else { segment.parse() }
    })
}

/// The tokens in a text, if these are nothing but a text.
fn unquoted(tokens: TokenStream) -> Option<TokenStream> {
    syn::parse2::<LitStr>(tokens).ok()?.parse().ok()
}

/// What was read as the value of a key, and what is wrong with it.
fn value(read: Result<(String, Place), Mistake>) -> (Value<String>, Entry) {
    match read {
        Ok((text, place)) => (Value::Given(text, place), Ok(())),
        Err(mistake) => (Value::Wrong, Err(mistake)),
    }
}

/// Takes a text.
fn text(input: ParseStream<'_>) -> Option<LitStr> {
    input.peek(LitStr).then(|| input.parse().ok())?
}

/// Takes what stands in front of the next comma, or of the next argument where the comma is missing.
fn rest(input: ParseStream<'_>) -> Vec<TokenTree> {
    until(input, &|input| input.peek(Token![,]) || starts_argument(input))
}

fn starts_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    is_key(&ahead) && (ahead.peek(Token![=]) || matches!(next(&ahead), Some(TokenTree::Group(_))))
}

/// Takes names that were meant to stand in brackets, up to the next argument.
fn names_without_brackets(input: ParseStream<'_>) {
    until(input, &|input| {
        let ahead = input.fork();
        starts_argument(input) || ahead.parse::<Token![,]>().is_ok() && (ahead.is_empty() || is_key(&ahead))
    });
}

/// Takes the next token, and tells whether it is a key.
fn is_key(input: ParseStream<'_>) -> bool {
    input.call(Ident::parse_any).is_ok_and(|word| KEYS.iter().any(|key| word == key))
}

/// Whether a name ends here, and another may follow.
fn ends_name(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any)
}
