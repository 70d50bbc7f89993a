//! Finds the paths in the tokens of an item: those of `use`, and those in code.
//!
//! It works on tokens and not on syntax trees, so that paths in the arguments of macros are found too.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::UseTree;
use syn::parse::{ParseStream, Parser};

/// The words between the `::` of a path.
pub type Path = Vec<String>;

#[derive(Default)]
pub struct Paths {
    pub imported: Vec<Imported>,
    pub mentioned: Vec<Path>,
}

/// The names that a `use` adds to a module.
pub struct Imported {
    pub path: Path,
    /// The new name; none for `path::*`.
    pub name: Option<String>,
    /// Whether it is a re-export.
    pub public: bool,
}

/// Macros whose arguments are the code of another crate.
const TEMPLATES: &[&str] = &["quote", "quote_spanned", "parse_quote", "parse_quote_spanned"];

/// All paths in these tokens, except in templates of code.
pub fn paths(tokens: TokenStream) -> Paths {
    let mut found = Paths::default();
    found.walk(tokens);
    found
}

impl Paths {
    fn walk(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    let bang = usize::from(is_sign(tokens.get(at + 1), '!'));
                    if let Some(TokenTree::Group(group)) = tokens.get(at + 1 + bang)
                        && group.delimiter() == Delimiter::Bracket
                    {
                        self.attribute(group.stream());
                        at += 1 + bang;
                    }
                }
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(word) if word == "use" && !is_sign(tokens.get(at + 1), '<') => {
                    let end = (at..tokens.len()).find(|at| is_sign(tokens.get(*at), ';'));
                    let end = end.unwrap_or(tokens.len());
                    self.import(tokens[at + 1..end].iter().cloned().collect(), is_public(&tokens[..at]));
                    at = end;
                }
                TokenTree::Ident(_) => at = self.path(&tokens, at),
                _ => {}
            }
            at += 1;
        }
    }

    /// Adds the path that starts here, and returns the index of its last token.
    fn path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let (mut path, mut end) = (vec![word(&tokens[start])], start);
        while is_path_sign(tokens, end + 1)
            && let Some(next @ TokenTree::Ident(_)) = tokens.get(end + 3)
        {
            path.push(word(next));
            end += 3;
        }
        let is_call = is_sign(tokens.get(end + 1), '!') && !is_sign(tokens.get(end + 2), '=');
        if is_call && path.last().is_some_and(|name| TEMPLATES.contains(&name.as_str())) {
            return end + 2;
        }
        // A field, a method, a lifetime, a fragment of a macro, or the rest of a path like `<T>::new`.
        let before = &tokens[..start];
        let is_part = match before {
            [.., TokenTree::Punct(first), TokenTree::Punct(second)] if second.as_char() == '.' => {
                first.as_char() != '.'
            }
            [.., TokenTree::Punct(sign)] => matches!(sign.as_char(), '.' | '\'' | '$') && path[0] != "crate",
            [.., TokenTree::Ident(word)] => path.len() == 1 && (word == "fn" || word == "mod"),
            _ => false,
        };
        let is_rest = start >= 2 && is_path_sign(tokens, start - 2);
        // A field or a parameter with its type or value.
        let is_label = path.len() == 1 && is_sign(tokens.get(end + 1), ':') && !is_path_sign(tokens, end + 1);
        if !(is_part || is_rest || is_label) {
            self.mentioned.push(path);
        }
        end
    }

    fn import(&mut self, tree: TokenStream, public: bool) {
        let parser = |input: ParseStream<'_>| {
            let global = input.parse::<Option<syn::Token![::]>>()?.is_some();
            input.parse::<UseTree>().map(|tree| (global, tree))
        };
        // Other tokens are arguments of a macro that resemble an import.
        if let Ok((false, tree)) = parser.parse2(tree) {
            self.tree(tree, &mut Vec::new(), public);
        }
    }

    fn tree(&mut self, tree: UseTree, path: &mut Path, public: bool) {
        let (word, name) = match tree {
            UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.tree(*tree.tree, path, public);
                path.pop();
                return;
            }
            UseTree::Group(tree) => {
                tree.items.into_iter().for_each(|tree| self.tree(tree, path, public));
                return;
            }
            UseTree::Glob(_) => (None, None),
            UseTree::Name(tree) if tree.ident == "self" => (None, path.last().cloned()),
            UseTree::Name(tree) => (Some(tree.ident.to_string()), Some(tree.ident.to_string())),
            UseTree::Rename(tree) if tree.ident == "self" => (None, Some(tree.rename.to_string())),
            UseTree::Rename(tree) => (Some(tree.ident.to_string()), Some(tree.rename.to_string())),
        };
        let path = path.iter().cloned().chain(word).map(|word| word.trim_start_matches("r#").to_owned());
        self.imported.push(Imported { path: path.collect(), name, public });
    }

    /// A text in an attribute can be a path, as in `#[serde(with = "…")]`.
    fn attribute(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.attribute(group.stream()),
                TokenTree::Literal(text) => {
                    let path = syn::parse2::<syn::LitStr>(TokenTree::Literal(text).into())
                        .and_then(|text| text.parse_with(syn::Path::parse_mod_style));
                    if let Ok(path) = path
                        && path.segments.len() > 1
                    {
                        self.mentioned
                            .push(path.segments.iter().map(|part| part.ident.to_string()).collect());
                    }
                }
                _ => {}
            }
        }
    }
}

fn word(token: &TokenTree) -> String {
    token.to_string().trim_start_matches("r#").to_owned()
}

fn is_sign(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(sign)) if sign.as_char() == wanted)
}

fn is_path_sign(tokens: &[TokenTree], at: usize) -> bool {
    is_sign(tokens.get(at), ':') && is_sign(tokens.get(at + 1), ':')
}

/// Whether these tokens end with `pub` or `pub(…)`.
fn is_public(before: &[TokenTree]) -> bool {
    let before = match before {
        [before @ .., TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => before,
        before => before,
    };
    matches!(before.last(), Some(TokenTree::Ident(word)) if word == "pub")
}
