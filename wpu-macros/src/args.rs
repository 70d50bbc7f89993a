//! The parser of the attribute's arguments. It reports every mistake in their form, and keeps what it understands; `check`
//! judges whether that follows the rules.

use crate::errors::Errors;
use crate::spec::{Spec, UNKNOWN};
use crate::tokens::{brackets, describe, next, read, spell, stream, take, until};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Lit, LitStr, Token};
use wpu_rt::rules::messages::{self, Problem};
use wpu_rt::rules::{
    CLASS, CRATE, Declared, KEYS, KIT, Name, OF, PLATFORM, Place, USES, Value, WAIVES, Waiver, position,
    similar,
};

/// The paths of the crate and of the bindings.
pub(crate) type Paths = [Option<TokenStream>; 2];

/// Reads the arguments of an attribute with these keys. They contain no invisible groups.
pub(crate) fn parse(
    spec: &'static Spec,
    keys: &'static [&'static str],
    tokens: TokenStream,
    errors: &mut Errors,
) -> (Declared, Paths) {
    let (declared, paths, seen) = (spec.nothing(), Paths::default(), [false; KEYS.len()]);
    let knows_facts = !std::ptr::eq(spec, &raw const UNKNOWN);
    let mut reader = Reader { declared, paths, keys, knows_facts, seen, unwaived: 0, errors };
    reader.entries(tokens, &Reader::argument);
    if keys.len() > OF && !reader.seen[OF] && !knows_facts {
        reader.errors.add(Place::WHOLE, messages::no_bindings());
    }
    (reader.declared, reader.paths)
}

/// `Ok` if an entry was read, perhaps with mistakes; a mistake if the rest of it must be skipped.
type Entry = Result<(), Mistake>;
type Mistake = (Place, Problem);

struct Reader<'a> {
    declared: Declared,
    paths: Paths,
    /// The keys that the attribute has.
    keys: &'static [&'static str],
    /// Whether there are facts yet by which words and names can be judged.
    knows_facts: bool,
    /// Which keys were there.
    seen: [bool; KEYS.len()],
    /// The first name that the next reason is for.
    unwaived: usize,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    /// Entries separated by commas. After a mistake, the next entry begins after the next comma.
    fn entries(&mut self, tokens: TokenStream, entry: &dyn Fn(&mut Self, ParseStream<'_>) -> Entry) {
        let read = read(tokens, &mut |input| {
            while !input.is_empty() {
                if let Err(mistake) = entry(self, input) {
                    self.skip(mistake, input);
                }
                self.comma(input);
            }
            Ok(())
        });
        read.expect("every token is taken");
    }

    /// The separator of two entries. Where an entry follows, only the comma is missing.
    fn comma(&mut self, input: ParseStream<'_>) {
        if input.is_empty() || input.parse::<Token![,]>().is_ok() {
            return;
        }
        let mistake = self.unexpected(input, "`,`");
        if input.peek(Ident::peek_any) {
            self.errors.add(mistake.0, mistake.1);
        } else {
            self.skip(mistake, input);
            _ = input.parse::<Token![,]>();
        }
    }

    /// Skips the rest of an entry, which may have been meant as a name.
    fn skip(&mut self, (place, problem): Mistake, input: ParseStream<'_>) {
        self.errors.add(place, problem);
        self.declared.incomplete |= !rest(input).is_empty();
    }

    /// The place of the next token, or of the last one at the end.
    fn here(&mut self, input: ParseStream<'_>) -> Place {
        let last = || input.cursor().prev_span();
        let span = next(input).map_or_else(last, |tree| tree.span());
        self.errors.place(span, span)
    }

    /// For a next token that is not what was expected.
    fn unexpected(&mut self, input: ParseStream<'_>, expected: &str) -> Mistake {
        (self.here(input), messages::expected(expected, &describe(next(input).as_slice())))
    }

    fn argument(&mut self, input: ParseStream<'_>) -> Entry {
        let (place, found) = (self.here(input), spell(next(input).as_slice()));
        let unknown = messages::one_of(self.keys, &found);
        if input.call(Ident::parse_any).is_err() {
            if !input.peek(Token![,]) {
                self.declared.may_be_meant(CLASS);
            }
            return Err((place, unknown));
        }
        let Some(key) = position(self.keys, &found) else {
            self.errors.add(place, unknown);
            return self.unknown(similar(&found, self.keys), place, input);
        };
        let again = std::mem::replace(&mut self.seen[key], true);
        if again {
            self.errors.add(place, messages::twice(KEYS[key]));
        }
        match key {
            CLASS | PLATFORM | KIT => self.word(key, again, input),
            USES | WAIVES => self.list(key, place, input),
            _ => self.path(key, input),
        }
    }

    /// An argument with an unknown key. What may be meant for the similar key causes no other error.
    fn unknown(&mut self, similar: Option<&str>, place: Place, input: ParseStream<'_>) -> Entry {
        match (similar.and_then(|key| position(&KEYS, key)), next(input)) {
            (Some(list @ (USES | WAIVES)), Some(TokenTree::Group(_))) => {
                return self.list(list, place, input);
            }
            (Some(USES | WAIVES), _) => self.declared.incomplete = true,
            (Some(word @ (CLASS | PLATFORM | KIT)), _) => self.declared.may_be_meant(word),
            _ => {}
        }
        self.declared.incomplete |= !input.peek(Token![=]);
        let value = rest(input);
        if value.get(1..).is_some_and(|value| self.declared.known(KIT).contains(&&*spell(value))) {
            self.declared.may_be_meant(KIT);
        }
        Ok(())
    }

    /// `= word`. If the key is there `again`, the first value counts.
    fn word(&mut self, key: usize, again: bool, input: ParseStream<'_>) -> Entry {
        if !again {
            self.declared.words[key] = Value::Wrong;
        }
        let (place, value) = self.value(input, &format!("`=` after `{}`", KEYS[key]), VALUE)?;
        let (words, word) = (self.declared.known(key), spell(&value));
        match position(&words, &word) {
            _ if again || !self.knows_facts => {}
            Some(at) => self.declared.words[key] = Value::Given(at, place),
            None => return Err((place, messages::one_of(&words, &word))),
        }
        Ok(())
    }

    /// `= path`. If the key is there again, the first path counts.
    fn path(&mut self, key: usize, input: ParseStream<'_>) -> Entry {
        let (place, value) = self.value(input, &format!("`=` after `{}`", KEYS[key]), VALUE)?;
        let problem = messages::expected(EXAMPLES[key - CRATE], &describe(&value));
        let quoted = string(&value).and_then(|text| text.parse().ok());
        let path: TokenStream = quoted.clone().unwrap_or_else(|| stream(value));
        if !is_path(path.clone()) {
            return Err((place, problem));
        }
        self.paths[key - CRATE].get_or_insert(path);
        if quoted.is_some() { Err((place, problem.help("write the path without quotes"))) } else { Ok(()) }
    }

    /// What follows `=`. A literal is a value by itself.
    fn value(
        &mut self,
        input: ParseStream<'_>,
        equals: &str,
        expected: &str,
    ) -> Result<(Place, Vec<TokenTree>), Mistake> {
        if !input.peek(Token![=]) {
            return Err(self.unexpected(input, equals));
        }
        take(input);
        let (place, problem) = self.unexpected(input, expected);
        let is_literal = matches!(next(input), Some(TokenTree::Literal(_)));
        let value = if is_literal { vec![take(input)] } else { rest(input) };
        match value.last() {
            Some(last) => Ok((place.to(self.errors.place(last.span(), last.span())), value)),
            None => Err((place, problem)),
        }
    }

    /// `(names)`, after the key.
    fn list(&mut self, list: usize, key: Place, input: ParseStream<'_>) -> Entry {
        let word = KEYS[list];
        let equals = if input.parse::<Token![=]>().is_ok() { " = " } else { "" };
        let (expected, found) = (format!("`{word}(…)`"), format!("`{word}{equals}"));
        if let Ok(group) = input.parse::<Group>() {
            if !equals.is_empty() || group.delimiter() != Delimiter::Parenthesis {
                let problem = messages::expected(&expected, &format!("{found}{}`", brackets(&group)));
                let end = self.errors.place(group.span(), group.span());
                self.errors.add(key.to(end), problem);
            }
            self.names(list, group.stream());
            return Ok(());
        }
        let problem = match equals {
            "" => self.unexpected(input, &format!("`(` after `{word}`")).1,
            _ => messages::expected(&expected, &format!("{found}…`")),
        };
        self.declared.incomplete = true;
        until(input, &ends_names);
        Err((key, problem))
    }

    /// The names in a list, and the reasons between them.
    fn names(&mut self, list: usize, tokens: TokenStream) {
        self.unwaived = self.declared.names.len();
        self.entries(tokens, &|reader, input| {
            reader.name(list, input)?;
            if list == USES && input.peek(Token![=]) {
                let (place, problem) = reader.unexpected(input, "`,`");
                return Err((place, problem.help("reasons belong in `waives(…)`")));
            }
            let ends = input.is_empty() || input.peek(Token![,]) || input.peek(Ident::peek_any);
            if list == USES || ends { Ok(()) } else { reader.reason(input) }
        });
        if list == WAIVES {
            self.waive(Value::Absent);
        }
    }

    /// `= "reason"`, for the names before it that have none.
    fn reason(&mut self, input: ParseStream<'_>) -> Entry {
        self.waive(Value::Wrong);
        let (place, value) = self.value(input, "`=` and a reason", REASON)?;
        let Some(text) = string(&value) else {
            return Err((place, messages::expected(REASON, &describe(&value))));
        };
        let waiver = self.declared.waivers.last_mut();
        waiver.expect("it was added").reason = Value::Given(text, place);
        Ok(())
    }

    fn waive(&mut self, reason: Value<String>) {
        let end = self.declared.names.len();
        let names = std::mem::replace(&mut self.unwaived, end)..end;
        self.declared.waivers.push(Waiver { names, reason });
    }

    /// A name. A path or a string is a mistake that shows what is meant.
    fn name(&mut self, list: usize, input: ParseStream<'_>) -> Entry {
        let (place, nothing) = self.unexpected(input, NAME);
        let quoted = input.peek(LitStr);
        let trees = if quoted { vec![take(input)] } else { segments(input) };
        let Some(end) = trees.last() else { return Err((place, nothing)) };
        let place = place.to(self.errors.place(end.span(), end.span()));
        let problem = messages::expected(NAME, &describe(&trees));
        let mut word = None;
        for tree in &trees {
            if let TokenTree::Ident(_) = tree {
                word = Some(tree);
            }
        }
        let meant = string(&trees).filter(|text| syn::parse_str::<Ident>(text).is_ok());
        let Some(name) = meant.or_else(|| word.map(ToString::to_string)) else {
            return Err((place, problem));
        };
        let is_name = !quoted && trees.len() == 1;
        if !is_name {
            let help = messages::without(&name, if quoted { "quotes" } else { "a path" });
            let ends = quoted || end.to_string() == name;
            self.errors.add(place, if ends { problem.help(&help) } else { problem });
        }
        self.add(list, name, place, !is_name);
        Ok(())
    }

    /// Adds a name. If no upcall has it, this is an error, unless one was reported for the name before.
    fn add(&mut self, list: usize, text: String, place: Place, reported: bool) {
        let declared = &mut self.declared;
        let (facts, upcall) = (declared.facts, declared.facts.find(&text));
        let mut meant = upcall;
        if upcall.is_none() && reported {
            declared.incomplete = true;
            return;
        }
        if upcall.is_none() && self.knows_facts {
            let mut known = Vec::new();
            for upcall in facts.upcalls {
                known.push(upcall.name);
            }
            meant = similar(&text, &known).and_then(|name| facts.find(name));
            self.errors.add(place, messages::unknown(&text, meant.map(|upcall| &facts.upcalls[upcall])));
        }
        declared.names.push(Name { text, place, list, upcall, meant });
    }
}

/// What values are.
const VALUE: &str = "a value after `=`";
const EXAMPLES: [&str; 2] = ["a path such as `::wpu`", "a path such as `crate::bindings`"];
/// What lists contain.
const NAME: &str = "the name of an upcall";
const REASON: &str = "a reason in quotes after `=`";

/// The string that tokens are, if they are one.
fn string(trees: &[TokenTree]) -> Option<String> {
    let [TokenTree::Literal(literal)] = trees else { return None };
    if let Lit::Str(text) = Lit::new(literal.clone()) { Some(text.value()) } else { None }
}

/// Takes names with `::` between them.
fn segments(input: ParseStream<'_>) -> Vec<TokenTree> {
    let mut taken = Vec::new();
    loop {
        match taken.last() {
            Some(TokenTree::Ident(_)) | None if input.peek(Token![::]) => taken.push(take(input)),
            Some(TokenTree::Punct(_)) | None if input.peek(Ident::peek_any) => {}
            _ => return taken,
        }
        taken.push(take(input));
    }
}

/// Whether tokens are a path without arguments, as a module has.
fn is_path(tokens: TokenStream) -> bool {
    let path = read(tokens, &mut |input| {
        input.parse::<Option<Token![::]>>()?;
        loop {
            let segment = input.call(Ident::parse_any)?.to_string();
            if !["crate", "$crate", "self", "Self", "super"].contains(&&*segment) {
                syn::parse_str::<Ident>(&segment)?;
            }
            if input.is_empty() {
                return Ok(());
            }
            input.parse::<Token![::]>()?;
        }
    });
    path.is_ok()
}

/// Takes the tokens before the next comma, or before the next argument where the comma is missing.
fn rest(input: ParseStream<'_>) -> Vec<TokenTree> {
    until(input, &|input| input.peek(Token![,]) || starts_argument(input))
}

fn starts_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    is_key(&ahead) && (ahead.peek(Token![=]) || matches!(next(&ahead), Some(TokenTree::Group(_))))
}

/// Whether names without brackets end here: where the next argument begins.
fn ends_names(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    starts_argument(input) || ahead.parse::<Token![,]>().is_ok() && (ahead.is_empty() || is_key(&ahead))
}

/// Takes the next token, and tells whether it is a key.
fn is_key(input: ParseStream<'_>) -> bool {
    input.call(Ident::parse_any).is_ok_and(|word| position(&KEYS, &word.to_string()).is_some())
}
