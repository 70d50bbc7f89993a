//! Finds every mistake in the shape of an entry. Serde stops at the first: each is mended in a copy, which is read again.

use crate::diag::nearest;
use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// What serde says, and where.
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
}

impl Mistake {
    fn of(error: &Error, entry: &Range<usize>) -> Self {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        Self { span: error.span().unwrap_or(entry.clone()), message }
    }

    /// The names in its message: the wrong or missing one, and those that are known.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.message.split('`').skip(1).step_by(2)
    }

    pub(crate) fn is_unknown_key(&self) -> bool {
        self.message.starts_with("unknown field")
    }

    pub(crate) fn is_missing_key(&self) -> bool {
        self.message.starts_with("missing field")
    }
}

/// The mistakes of an entry, until there are `most`, and the entry as it is once they are mended, if all can be.
pub(crate) fn mistakes<'a, T>(
    mut entry: Spanned<DeValue<'a>>,
    read: impl Fn(Spanned<DeValue<'a>>) -> Result<T, Error>,
    most: usize,
) -> (Vec<Mistake>, Option<T>) {
    let whole = entry.span();
    let mut found: Vec<Mistake> = Vec::new();
    // Where values stand that nobody wrote, and how many were tried at the last of these places.
    let mut ours = HashSet::new();
    let mut tried = 0;
    let mut removed = Vec::new();
    while found.len() < most {
        let error = match read(entry.clone()) {
            Ok(mended) => return (found, Some(mended)),
            Err(error) => error,
        };
        let mistake = Mistake::of(&error, &whole);
        let is_ours = ours.contains(&mistake.span);
        let mended = if mistake.is_unknown_key() {
            mend_unknown(&mut entry, &mistake, &mut removed)
        } else if mistake.is_missing_key() {
            // Before the first of the stand-ins comes the value that was removed.
            let value = removed.pop();
            tried = if value.is_some() { usize::MAX } else { 0 };
            // In no file, so that an error there is about this value and no other.
            let nowhere = usize::MAX - ours.len();
            ours.insert(nowhere..nowhere);
            mend_missing(&mut entry, &mistake, value, nowhere..nowhere)
        } else {
            tried = if is_ours { tried.wrapping_add(1) } else { 0 };
            ours.insert(mistake.span.clone());
            mend_value(&mut entry, &mistake, tried)
        };
        if !is_ours {
            found.push(mistake);
        }
        if mended.is_none() {
            break;
        }
    }
    (found, None)
}

/// A key that does not exist is taken for the one that it is like, or removed. Its value may be that of a missing key.
fn mend_unknown<'a>(
    entry: &mut Spanned<DeValue<'a>>,
    mistake: &Mistake,
    removed: &mut Vec<DeValue<'a>>,
) -> Option<()> {
    let is_it = |key: &Spanned<Cow<'_, str>>| key.span() == mistake.span;
    let table = find(entry, &|value| table(value).is_some_and(|table| table.keys().any(is_it)))?;
    let DeValue::Table(table) = table.get_mut() else { return None };
    let key = table.keys().find(|key| is_it(key)).cloned()?;
    let value = table.remove(&key)?;
    let mut names = mistake.names();
    let wrong = names.next()?;
    let meant = nearest(wrong, names).map(|name| Spanned::new(key.span(), Cow::Owned(name.to_owned())));
    if let Some(meant) = meant.filter(|name| !table.contains_key(name)) {
        table.insert(meant, value);
    } else if !matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) {
        removed.push(value.into_inner());
    }
    Some(())
}

fn mend_missing<'a>(
    entry: &mut Spanned<DeValue<'a>>,
    mistake: &Mistake,
    value: Option<DeValue<'a>>,
    place: Range<usize>,
) -> Option<()> {
    let key = Spanned::new(place.clone(), Cow::Owned(mistake.names().next()?.to_owned()));
    let lacks = |value: &Spanned<DeValue<'_>>| {
        value.span() == mistake.span && table(value).is_some_and(|table| !table.contains_key(&key))
    };
    let DeValue::Table(table) = find(entry, &lacks)?.get_mut() else { return None };
    table.insert(key.clone(), Spanned::new(place, value.or_else(|| stand_in(0))?));
    Some(())
}

fn mend_value(entry: &mut Spanned<DeValue<'_>>, mistake: &Mistake, tried: usize) -> Option<()> {
    let value = find(entry, &|value| value.span() == mistake.span)?;
    let known = mistake.names().nth(1).filter(|_| mistake.message.starts_with("unknown variant"));
    let kind = stand_in(tried)?;
    *value.get_mut() = known.map_or(kind, |word| DeValue::String(Cow::Owned(word.to_owned())));
    Some(())
}

/// A value of each type that a key can have, one after the other: nothing says which it is.
fn stand_in(nth: usize) -> Option<DeValue<'static>> {
    let texts = ["\"\"", "0", "false", "{}", "[]", "[0]", "[0, 0]"];
    DeValue::parse(texts.get(nth)?).ok().map(Spanned::into_inner)
}

fn table<'v, 'a>(value: &'v Spanned<DeValue<'a>>) -> Option<&'v DeTable<'a>> {
    if let DeValue::Table(table) = value.get_ref() { Some(table) } else { None }
}

/// The first value, in this one or below, of which something is true.
fn find<'v, 'a>(
    value: &'v mut Spanned<DeValue<'a>>,
    is_it: &dyn Fn(&Spanned<DeValue<'a>>) -> bool,
) -> Option<&'v mut Spanned<DeValue<'a>>> {
    if is_it(value) {
        return Some(value);
    }
    match value.get_mut() {
        DeValue::Array(items) => items.iter_mut().find_map(|item| find(item, is_it)),
        DeValue::Table(table) => table.iter_mut().find_map(|(_, value)| find(value, is_it)),
        _ => None,
    }
}
