//! Parses the output of valgrind's callgrind: the number of instructions of each function.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cost of a run by function.
#[derive(Default)]
pub struct Profile(BTreeMap<String, Function>);

#[derive(Default)]
struct Function {
    calls: u64,
    own: u64,
    /// The functions that it called, with the inclusive number of instructions.
    called: BTreeMap<String, u64>,
}

impl Profile {
    /// Parses a profile. Other lines (files, objects, totals) do not concern functions.
    pub fn read(text: &str) -> Self {
        let mut profile = Self::default();
        let mut names = HashMap::new();
        let (mut function, mut callee, mut in_call) = (String::new(), String::new(), false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                function = full_name(name, &mut names);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                callee = full_name(name, &mut names);
            } else if let Some(call) = line.strip_prefix("calls=") {
                let count = call.split(' ').next().and_then(|count| count.parse().ok());
                profile.0.entry(callee.clone()).or_default().calls += count.unwrap_or(0);
                in_call = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
                let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
                let entry = profile.0.entry(function.clone()).or_default();
                if in_call {
                    *entry.called.entry(callee.clone()).or_default() += cost;
                } else {
                    entry.own += cost;
                }
                in_call = false;
            }
        }
        profile
    }

    /// The instructions per call of `name`, with everything that it calls except functions whose names begin
    /// with `except`.
    pub fn per_call(&self, name: &str, except: &str) -> Option<f64> {
        let function = self.0.get(name).filter(|function| function.calls > 0)?;
        let called: u64 =
            function.called.iter().filter(|(name, _)| !name.starts_with(except)).map(|(_, cost)| cost).sum();
        Some((function.own + called) as f64 / function.calls as f64)
    }

    /// All functions that `name` calls directly or indirectly, except those whose names begin with `except`.
    pub fn reached_from<'a>(&'a self, name: &'a str, except: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut left = vec![name];
        while let Some(function) = left.pop().and_then(|name| self.0.get(name)) {
            let called = function.called.keys().map(String::as_str).filter(|name| !name.starts_with(except));
            left.extend(called.filter(|name| reached.insert(*name)));
        }
        reached
    }

    /// All functions whose names begin with `prefix`, which is removed.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().filter_map(move |name| name.strip_prefix(prefix))
    }
}

/// A name is written in full once, as `(id) name`, and later as `(id)`.
fn full_name(text: &str, names: &mut HashMap<String, String>) -> String {
    let (id, name) = text.split_once(' ').unwrap_or((text, ""));
    if !name.is_empty() {
        names.insert(id.to_owned(), name.to_owned());
    }
    names.get(id).cloned().unwrap_or_else(|| id.to_owned())
}
