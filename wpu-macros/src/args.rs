//! The arguments of the attribute. Tokens come in, [`Args`] go out, whatever is wrong with them:
//! each mistake is reported, and what can be understood is kept.

use crate::errors::{Errors, List, Place, Problem};
use crate::suggest::similar;
use crate::tokens::{Tokens, describe, is_punct, signs, spell};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use wpu_sys::{Class, KITS, Kit, Platform, UPCALLS, Upcall, UpcallSet};

/// What stands in the attribute.
#[derive(Debug)]
pub(crate) struct Args {
    /// The class, with its place.
    pub(crate) class: Value<Class>,
    /// The platform.
    pub(crate) platform: Value<Platform>,
    /// The kit.
    pub(crate) kit: Value<Kit>,
    /// The upcalls that the provider calls.
    pub(crate) uses: Vec<Name>,
    /// The upcalls that it does without.
    pub(crate) waives: Vec<Waiver>,
    /// The path of the crate, where one is given.
    pub(crate) krate: Option<TokenStream>,
    /// Whether every name that was meant to stand in a list has been read.
    pub(crate) complete: bool,
}

/// The value of a key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<T> {
    /// The key is not there.
    Absent,
    /// The key is there, with a value that makes no sense and was reported.
    Wrong,
    /// The value.
    Given(T, Place),
}

/// The name of an upcall.
#[derive(Debug)]
pub(crate) struct Name {
    /// As written.
    pub(crate) text: String,
    /// Where.
    pub(crate) place: Place,
    /// The upcall of that name, as an index of [`UPCALLS`].
    pub(crate) upcall: Option<usize>,
    /// Where there is none, the upcall with a similar name.
    pub(crate) similar: Option<usize>,
}

/// Names that share one reason.
#[derive(Debug)]
pub(crate) struct Waiver {
    /// The upcalls.
    pub(crate) names: Vec<Name>,
    /// The reason.
    pub(crate) reason: Reason,
}

/// The reason of a waiver.
#[derive(Debug)]
pub(crate) enum Reason {
    /// None is there.
    Absent,
    /// There is something that is no text, and was reported.
    Wrong,
    /// The text.
    Given(String, Place),
}

impl Name {
    fn new(ident: &Ident, place: Place) -> Self {
        let text = ident.to_string();
        let upcall = Upcall::find(&text);
        let mut names = Vec::new();
        for upcall in &UPCALLS {
            names.push(upcall.name);
        }
        let similar = similar(&text, &names).and_then(Upcall::find);
        Self { text, place, upcall, similar }
    }

    /// The upcall that the user had in mind, as far as one can tell.
    pub(crate) fn meant(&self) -> Option<usize> {
        self.upcall.or(self.similar)
    }
}

impl Args {
    /// Reads the attribute's arguments.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let args = Self {
            class: Value::Absent,
            platform: Value::Absent,
            kit: Value::Absent,
            uses: Vec::new(),
            waives: Vec::new(),
            krate: None,
            complete: true,
        };
        let mut parser = Parser { args, seen: Vec::new(), errors };
        parser.attribute(&mut Tokens::new(tokens));
        parser.args
    }

    /// All names in `waives`, whatever their reason.
    pub(crate) fn waived(&self) -> Vec<&Name> {
        let mut names = Vec::new();
        for waiver in &self.waives {
            names.extend(&waiver.names);
        }
        names
    }
}

/// The upcalls of some names.
pub(crate) fn set<'a>(
    names: impl IntoIterator<Item = &'a Name>,
    upcall: fn(&Name) -> Option<usize>,
) -> UpcallSet {
    let mut set = UpcallSet::EMPTY;
    for name in names {
        set = upcall(name).map_or(set, |upcall| set.with(upcall));
    }
    set
}

/// The keys.
const KEYS: [&str; 6] = [CLASS, PLATFORM, KIT, List::Uses.key(), List::Waives.key(), CRATE];
const CLASS: &str = "class";
const PLATFORM: &str = "platform";
const KIT: &str = "kit";
const CRATE: &str = "crate";

/// What a list holds.
const NAME: &str = "the name of an upcall";

struct Parser<'e> {
    args: Args,
    seen: Vec<&'static str>,
    errors: &'e mut Errors,
}

impl Parser<'_> {
    fn attribute(&mut self, tokens: &mut Tokens) {
        while let Some((tree, place)) = tokens.take() {
            match tree {
                TokenTree::Ident(key) => self.entry(&key.to_string(), place, tokens),
                tree => {
                    self.one_of(place, KEYS.to_vec(), spell(std::slice::from_ref(&tree)));
                    if is_punct(Some(&tree), ',') {
                        continue;
                    }
                    self.skip(tokens);
                }
            }
            self.comma(tokens, None);
        }
    }

    /// An argument, its key having been taken.
    fn entry(&mut self, key: &str, place: Place, tokens: &mut Tokens) {
        let Some(known) = KEYS.iter().copied().find(|known| *known == key) else {
            return self.unknown_key(key, place, tokens);
        };
        let again = self.seen.contains(&known);
        if again {
            self.errors.add(place, Problem::Twice { key: known });
        }
        self.seen.push(known);
        match known {
            CLASS => {
                let class = self.word(CLASS, &Class::ALL, Class::name, tokens);
                self.args.class = first(again, self.args.class, class);
            }
            PLATFORM => {
                let platform = self.word(PLATFORM, &Platform::ALL, Platform::name, tokens);
                self.args.platform = first(again, self.args.platform, platform);
            }
            KIT => {
                let kit = self.word(KIT, &KITS, |kit| kit.name, tokens);
                self.args.kit = first(again, self.args.kit, kit);
            }
            CRATE => self.krate(tokens),
            key if key == List::Uses.key() => self.list(List::Uses, place, tokens),
            _ => self.list(List::Waives, place, tokens),
        }
    }

    /// Reads on as though the key with the similar name stood there, so that nothing else is amiss.
    fn unknown_key(&mut self, key: &str, place: Place, tokens: &mut Tokens) {
        self.one_of(place, KEYS.to_vec(), key.to_owned());
        let lists = [List::Uses, List::Waives];
        let similar = similar(key, &KEYS);
        let meant = lists.iter().copied().find(|list| similar == Some(list.key()));
        let mut kit = similar == Some(KIT);
        match (meant, tokens.peek()) {
            (Some(list), Some(TokenTree::Group(_))) => self.list(list, place, tokens),
            (None, Some(tree)) if is_punct(Some(tree), '=') => {
                tokens.take();
                let value = value(tokens);
                kit |= KITS.iter().any(|kit| value.only_ident().is_some_and(|ident| ident == kit.name));
            }
            _ => {
                self.args.complete = false;
                drop(value(tokens));
            }
        }
        if similar == Some(CLASS) && matches!(self.args.class, Value::Absent) {
            self.args.class = Value::Wrong;
        }
        if kit && matches!(self.args.kit, Value::Absent) {
            self.args.kit = Value::Wrong;
        }
    }

    /// `= word`.
    fn word<T: Copy>(
        &mut self,
        key: &str,
        all: &[T],
        name: fn(T) -> &'static str,
        tokens: &mut Tokens,
    ) -> Value<T> {
        let Some(value) = self.equals(key, tokens) else {
            return Value::Wrong;
        };
        let mut words = Vec::new();
        for known in all {
            if value.only_ident().is_some_and(|ident| ident == name(*known)) {
                return Value::Given(*known, value.rest());
            }
            words.push(name(*known));
        }
        self.one_of(value.rest(), words, value.spell());
        Value::Wrong
    }

    /// `= path`.
    fn krate(&mut self, tokens: &mut Tokens) {
        let Some(value) = self.equals(CRATE, tokens) else {
            return;
        };
        if value.is_path() {
            self.args.krate.get_or_insert(value.stream());
            return;
        }
        let inside = path_in_quotes(value.stream());
        let help = inside.as_ref().map(|_| "write the path without quotes".to_owned());
        self.expected(value.rest(), "a path such as `::wpu`", value.describe(), help);
        self.args.krate = self.args.krate.take().or(inside);
    }

    /// What stands behind `key =`, if something does.
    fn equals(&mut self, key: &str, tokens: &mut Tokens) -> Option<Tokens> {
        let place = tokens.place();
        if tokens.take_punct('=') {
            let value = value(tokens);
            if value.peek().is_some() {
                return Some(value);
            }
            self.expected(place, "a value after `=`", describe(tokens.peek()), None);
            return None;
        }
        self.expected(place, format!("`=` after `{key}`"), describe(tokens.peek()), None);
        drop(value(tokens));
        None
    }

    /// `(names)`, the key having been taken.
    fn list(&mut self, list: List, key: Place, tokens: &mut Tokens) {
        let equals = tokens.take_punct('=');
        let expected = format!("`{}(…)`", list.key());
        match tokens.peek() {
            Some(TokenTree::Group(group)) => {
                let (open, close) = signs(group.delimiter());
                if equals || group.delimiter() != Delimiter::Parenthesis {
                    let equals = if equals { " = " } else { "" };
                    let found = format!("`{}{equals}{open}…{close}`", list.key());
                    self.expected(key.to(tokens.place()), expected, found, None);
                }
                let mut inner = Tokens::within(group.stream(), tokens.place());
                tokens.take();
                self.names(list, &mut inner);
            }
            found => {
                let (expected, found) = if equals {
                    (expected, format!("`{} = …`", list.key()))
                } else {
                    (format!("`(` after `{}`", list.key()), describe(found))
                };
                self.expected(key, expected, found, None);
                self.args.complete = false;
                skip_names(tokens);
            }
        }
    }

    /// The names in a list, and the reasons among them.
    fn names(&mut self, list: List, tokens: &mut Tokens) {
        let mut names = Vec::new();
        while let Some((tree, place)) = tokens.take() {
            if let TokenTree::Ident(ident) = &tree {
                names.extend(self.name(ident, place, tokens));
            } else {
                self.expected(place, NAME, describe(Some(&tree)), None);
                if is_punct(Some(&tree), ',') {
                    continue;
                }
                self.skip(tokens);
            }
            if let Some(reason) = self.reason(list, tokens) {
                self.args.waives.push(Waiver { names: std::mem::take(&mut names), reason });
            }
            self.comma(tokens, Some(list));
        }
        match list {
            List::Uses => self.args.uses.append(&mut names),
            List::Waives if names.is_empty() => {}
            List::Waives => self.args.waives.push(Waiver { names, reason: Reason::Absent }),
        }
    }

    /// A name, its first part having been taken. A path is no name, but its last part tells what was meant.
    fn name(&mut self, first: &Ident, start: Place, tokens: &mut Tokens) -> Option<Name> {
        let (mut last, mut path, mut place) = (first.clone(), first.to_string(), start);
        while is_punct(tokens.peek(), ':') && is_punct(tokens.peek_after(1), ':') {
            place = place.to(tokens.place());
            tokens.split(2);
            path.push_str("::");
            if let Some(TokenTree::Ident(part)) = tokens.peek() {
                path.push_str(&part.to_string());
                last = part.clone();
                place = place.to(tokens.place());
                tokens.split(1);
            }
        }
        let name = Name::new(&last, place);
        if last == path {
            return Some(name);
        }
        self.expected(place, NAME, format!("`{path}`"), None);
        self.args.complete &= name.upcall.is_some();
        name.upcall.is_some().then_some(name)
    }

    /// What stands behind a name in `waives`, unless it is another name.
    fn reason(&mut self, list: List, tokens: &mut Tokens) -> Option<Reason> {
        let next = tokens.peek().filter(|_| list == List::Waives)?;
        if is_punct(Some(next), ',') || matches!(next, TokenTree::Ident(_)) {
            return None;
        }
        let found = describe(Some(next));
        if tokens.take_punct('=') {
            return Some(self.text(tokens));
        }
        self.expected(tokens.place(), "`=` and a reason", found, None);
        self.skip(tokens);
        Some(Reason::Wrong)
    }

    /// The text behind `=`.
    fn text(&mut self, tokens: &mut Tokens) -> Reason {
        let literal = matches!(tokens.peek(), Some(TokenTree::Literal(_)));
        let value = tokens.split(if literal { 1 } else { tokens.until_comma() });
        if let Ok(text) = syn::parse2::<syn::LitStr>(value.stream()) {
            return Reason::Given(text.value(), value.rest());
        }
        if value.peek().is_some() {
            self.expected(value.rest(), "a reason in quotes", value.describe(), None);
        } else {
            self.expected(tokens.place(), "a reason in quotes after `=`", describe(tokens.peek()), None);
        }
        Reason::Wrong
    }

    /// What separates two entries. A name right behind an entry only lacks its comma.
    fn comma(&mut self, tokens: &mut Tokens, list: Option<List>) {
        let place = tokens.place();
        match tokens.peek() {
            None => {}
            Some(tree) if is_punct(Some(tree), ',') => drop(tokens.take()),
            Some(TokenTree::Ident(ident)) => {
                let found = format!("`{ident}`");
                self.expected(place, "`,`", found, None);
            }
            Some(tree) => {
                let help = (list == Some(List::Uses) && is_punct(Some(tree), '='))
                    .then(|| format!("a reason stands in `{}(…)`", List::Waives.key()));
                let found = describe(Some(tree));
                self.expected(place, "`,`", found, help);
                self.skip(tokens);
                tokens.take_punct(',');
            }
        }
    }

    /// Passes over what is no entry, up to the next comma. It may have been meant as a name.
    fn skip(&mut self, tokens: &mut Tokens) {
        self.args.complete = false;
        tokens.split(tokens.until_comma());
    }

    fn one_of(&mut self, place: Place, words: Vec<&'static str>, found: String) {
        self.errors.add(place, Problem::OneOf { words, found });
    }

    fn expected(&mut self, place: Place, expected: impl Into<String>, found: String, help: Option<String>) {
        self.errors.add(place, Problem::Expected { expected: expected.into(), found, help });
    }
}

/// The value that counts where a key stands twice.
fn first<T>(again: bool, before: Value<T>, now: Value<T>) -> Value<T> {
    if again { before } else { now }
}

/// The path that a text holds.
fn path_in_quotes(text: TokenStream) -> Option<TokenStream> {
    let text: syn::LitStr = syn::parse2(text).ok()?;
    let path: TokenStream = text.parse().ok()?;
    Tokens::new(path.clone()).is_path().then_some(path)
}

/// Takes what stands in front of the next comma, or of the next argument where the comma is missing.
fn value(tokens: &mut Tokens) -> Tokens {
    let starts = |at: &usize| {
        let value = tokens.peek_after(at + 1);
        is_key(tokens.peek_after(*at)) && (is_punct(value, '=') || matches!(value, Some(TokenTree::Group(_))))
    };
    let end = tokens.until_comma();
    let end = (0..end).find(starts).unwrap_or(end);
    tokens.split(end)
}

/// Takes the names that were meant to stand in a list.
fn skip_names(tokens: &mut Tokens) {
    drop(value(tokens));
    while matches!(tokens.peek_after(1), Some(TokenTree::Ident(_)))
        && !is_key(tokens.peek_after(1))
        && tokens.take_punct(',')
    {
        drop(value(tokens));
    }
}

fn is_key(tree: Option<&TokenTree>) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if KEYS.iter().any(|key| ident == key))
}
