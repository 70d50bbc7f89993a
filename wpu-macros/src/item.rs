//! The item under the attribute. Only its head is read.

use crate::errors::Errors;
use crate::tokens::{code, fill, join, next, read, spell, stream, take, until, visible};
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Lifetime, Token, bracketed, token};
use wpu_rt::rules::messages;

/// The head of a struct, or of an enum or union instead of one.
pub(crate) struct Provider {
    /// Whether it is `#[deprecated]`.
    pub(crate) deprecated: bool,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    /// How implementations name it.
    pub(crate) forms: Vec<Form>,
}

impl Provider {
    /// The name of its handle's type, as the attribute at `site` writes it.
    pub(crate) fn handle(&self, site: Span) -> TokenStream {
        code(&format!("{}Upcalls", self.name.unraw()), site.located_at(self.name.span()))
    }
}

/// A type as an implementation names it.
#[derive(Default)]
pub(crate) struct Form {
    /// The attribute with the condition under which the type has this form.
    pub(crate) condition: TokenStream,
    /// What follows `impl`.
    pub(crate) parameters: TokenStream,
    /// What follows `for`: the type and the `where` clause.
    pub(crate) ty: TokenStream,
}

/// The kinds of items that are types.
const TYPES: [&str; 3] = ["struct", "enum", "union"];

/// The kinds of items by their keywords, in the order in which they are looked for: `const` and `extern` also start
/// functions.
const KINDS: [(&str, &str); 13] = [
    ("struct", "a struct"),
    ("enum", "an enum"),
    ("fn", "a function"),
    ("impl", "an `impl` block"),
    ("trait", "a trait"),
    ("mod", "a module"),
    ("type", "a type alias"),
    ("static", "a static"),
    ("use", "an import"),
    ("union", "a union"),
    ("macro_rules", "a macro"),
    ("extern", "an `extern` item"),
    ("const", "a constant"),
];

/// Reads the head of the item under an attribute. None if it is not a type, or if it cannot be read: rustc reports that.
pub(crate) fn parse(attribute: &str, item: TokenStream, errors: &mut Errors) -> Option<Provider> {
    let mut provider = None;
    let read = read(visible(item), &mut |input| {
        provider = head(attribute, input, errors)?;
        until(input, &|_| false);
        Ok(())
    });
    read.ok().and(provider)
}

fn head(attribute: &str, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Provider>> {
    let (_, deprecated) = attributes(input)?;
    let Some((keyword, text, [first, last])) = kind(input) else { return Ok(None) };
    if keyword != "struct" {
        let place = errors.place(first, last);
        errors.add(place, messages::no_struct(attribute, text));
    }
    if !TYPES.contains(&keyword) {
        return Ok(None);
    }
    let visibility = until(input, &|input| !input.peek(Token![pub]) && !input.peek(token::Paren));
    input.call(Ident::parse_any)?;
    let name: Ident = input.parse()?;
    let (parameters, forms) = forms(&name, input)?;
    if let (Some([first, last]), "struct") = (parameters, keyword) {
        let place = errors.place(first, last);
        errors.add(place, messages::generic(attribute, &name.to_string()));
    }
    let visibility = stream(visibility);
    Ok(Some(Provider { deprecated, visibility, name, forms }))
}

/// Takes attributes. Returns the predicates of `cfg`, and whether `deprecated` is among them.
fn attributes(input: ParseStream<'_>) -> syn::Result<(TokenStream, bool)> {
    let (mut predicates, mut deprecated) = (TokenStream::new(), false);
    while input.parse::<Option<Token![#]>>()?.is_some() {
        let inside;
        bracketed!(inside in input);
        match &until(&inside, &|_| false)[..] {
            [TokenTree::Ident(name), TokenTree::Group(predicate)] if name == "cfg" => {
                predicates.extend(with("all $part,", &TokenTree::from(predicate.clone()).into()));
            }
            [TokenTree::Ident(name), ..] => deprecated |= name == "deprecated",
            _ => {}
        }
    }
    Ok((predicates, deprecated))
}

/// The item's keyword, its kind in words, and the place that shows it: the keyword and the name that follows.
fn kind(input: ParseStream<'_>) -> Option<(&'static str, &'static str, [Span; 2])> {
    let ahead = input.fork();
    let words = until(&ahead, &|ahead| matches!(next(ahead), Some(TokenTree::Punct(_))));
    for (keyword, text) in KINDS {
        let is_keyword = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == keyword);
        let Some(at) = words.iter().position(is_keyword) else { continue };
        let name = words.get(at + 1).filter(|tree| matches!(tree, TokenTree::Ident(_)));
        if name.is_some() || !TYPES.contains(&keyword) {
            let last = name.unwrap_or(&words[at]);
            return Some((keyword, text, [words[at].span(), last.span()]));
        }
    }
    until(&ahead, &|ahead| ahead.peek(Token![!]));
    let first = next(input)?.span();
    ahead.peek(Token![!]).then_some(("!", "a macro call", [first; 2]))
}

/// The item without further attributes of the same name, each of which is an error. An attribute is known by its name, alone
/// or after the last name in the path of the crate.
pub(crate) fn without_second(
    name: &str,
    item: TokenStream,
    krate: &TokenStream,
    errors: &mut Errors,
) -> TokenStream {
    let krate = krate.clone().into_iter().last().map(|krate| format!("{krate}::{name}"));
    let trees: Vec<TokenTree> = item.into_iter().collect();
    let (mut kept, mut at) = (Vec::new(), 0);
    while let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = &trees[at..] {
        let mut path = Vec::new();
        for tree in group.stream() {
            if !matches!(tree, TokenTree::Ident(_)) && tree.to_string() != ":" {
                break;
            }
            path.push(tree);
        }
        let path = spell(&path);
        if path == name || krate.as_ref().is_some_and(|known| path.ends_with(known)) {
            let place = errors.place(hash.span(), group.span());
            errors.add(place, messages::twice(&format!("#[{name}]")));
        } else {
            kept.extend_from_slice(&trees[at..at + 2]);
        }
        at += 2;
    }
    kept.extend_from_slice(&trees[at..]);
    stream(kept)
}

/// The maximum number of forms: each parameter under conditions doubles it.
const MOST: usize = 16;

/// Reads what follows the name of a type: where its parameters are, and its forms. Parameters are an error, which is to be
/// the only one. There is one form for each choice among the parameters under conditions, since arguments cannot have
/// conditions; and none if there are too many choices.
fn forms(name: &Ident, input: ParseStream<'_>) -> syn::Result<(Option<[Span; 2]>, Vec<Form>)> {
    let name = TokenStream::from(TokenTree::from(name.clone()));
    let Some(open) = input.parse::<Option<Token![<]>>()? else {
        return Ok((None, vec![Form { ty: name, ..Form::default() }]));
    };
    let mut parameters = Vec::new();
    while !input.is_empty() && !input.peek(Token![>]) {
        parameters.push(Parameter::parse(input)?);
    }
    let place = [open.spans[0], input.parse::<Token![>]>()?.spans[0]];
    let bounds = with("where $part Self: ::core::marker::Sized + 'static", &predicates(input)?);
    let mut lists = vec![Lists::default()];
    // Lifetimes come first.
    for pass in 0..2 {
        for parameter in &parameters {
            if parameter.is_lifetime == (pass == 0) {
                parameter.add_to(&mut lists);
            }
        }
    }
    let mut forms = Vec::new();
    for Lists { condition, declared, arguments } in &lists {
        let is_always = condition.is_empty();
        let condition = if is_always { TokenStream::new() } else { with("#[cfg(all($part))]", condition) };
        let ty = join(&[&name, &with("<$part>", arguments), &bounds]);
        forms.push(Form { condition, parameters: with("<$part>", declared), ty });
    }
    Ok((Some(place), forms))
}

/// The lists of one choice among parameters.
#[derive(Clone, Default)]
struct Lists {
    condition: TokenStream,
    declared: TokenStream,
    arguments: TokenStream,
}

/// A parameter of a type. A comma follows each part.
struct Parameter {
    is_lifetime: bool,
    /// The conditions under which it is there.
    condition: TokenStream,
    /// As it is after `impl`, and after the name of the type.
    declared: TokenStream,
    argument: TokenStream,
}

impl Parameter {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (condition, _) = attributes(input)?;
        let (is_const, is_lifetime) = (input.peek(Token![const]), input.peek(Lifetime));
        let declared = until_outside(input, &|input| input.peek(Token![=]) || ends_parameter(input));
        until_outside(input, &ends_parameter);
        input.parse::<Option<Token![,]>>()?;
        // A lifetime is two tokens.
        let start = usize::from(is_const).min(declared.len());
        let end = (start + 1 + usize::from(is_lifetime)).min(declared.len());
        let argument = with("$part,", &stream(declared[start..end].to_vec()));
        Ok(Self { is_lifetime, condition, declared: with("$part,", &stream(declared)), argument })
    }

    /// Adds it to the lists of all choices so far. A condition doubles their number: it may not hold.
    fn add_to(&self, lists: &mut Vec<Lists>) {
        for at in 0..lists.len() {
            if !self.condition.is_empty() {
                let mut without = lists[at].clone();
                without.condition.extend(with("not(all($part)),", &self.condition));
                lists.push(without);
            }
            let with = &mut lists[at];
            with.condition.extend(self.condition.clone());
            with.declared.extend(self.declared.clone());
            with.arguments.extend(self.argument.clone());
        }
        if lists.len() > MOST {
            lists.clear();
        }
    }
}

fn ends_parameter(input: ParseStream<'_>) -> bool {
    input.peek(Token![,]) || input.peek(Token![>])
}

/// The predicates of the `where` clause, which comes before braces and after parentheses. Each ends with a comma.
fn predicates(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.peek(token::Paren) {
        input.parse::<Group>()?;
    }
    if input.parse::<Option<Token![where]>>()?.is_none() {
        return Ok(TokenStream::new());
    }
    let predicates = until_outside(input, &|input| input.peek(token::Brace) || input.peek(Token![;]));
    let comma = predicates.last().is_some_and(|last| last.to_string() != ",");
    let predicates = stream(predicates);
    Ok(with(if comma { "$part," } else { "$part" }, &predicates))
}

/// Takes tokens up to the first place outside of `<…>` at which `ends` holds.
fn until_outside(input: ParseStream<'_>, ends: &dyn Fn(ParseStream<'_>) -> bool) -> Vec<TokenTree> {
    let (mut taken, mut depth) = (Vec::new(), 0_usize);
    while !input.is_empty() && (depth > 0 || !ends(input)) {
        if input.peek(Token![->]) {
            // Its second token closes nothing.
            taken.push(take(input));
        } else if input.peek(Token![<]) {
            depth += 1;
        } else if input.peek(Token![>]) {
            depth = depth.saturating_sub(1);
        }
        taken.push(take(input));
    }
    taken
}

/// A template with one part.
fn with(template: &str, part: &TokenStream) -> TokenStream {
    fill(template, Span::call_site(), &[("part", part.clone())])
}
