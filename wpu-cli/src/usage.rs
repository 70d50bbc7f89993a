//! Messages for invalid arguments: a line with the error, and a line with help.

use crate::args::Wpu;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Parser};
use std::ffi::OsString;

/// The message with its line of help.
pub fn message(error: &clap::Error) -> String {
    let mut words: Vec<_> = std::env::args_os().skip(1).collect();
    // In `help <command>`, clap does not find a similar command itself.
    let asked = (words.first().is_some_and(|word| word == "help")).then(|| {
        words.remove(0);
        Wpu::try_parse_from([OsString::from("wpu")].iter().chain(&words)).err()
    });
    let asked = asked.flatten().filter(|asked| asked.kind() == ErrorKind::InvalidSubcommand);
    let (message, help) = parts(asked.as_ref().unwrap_or(error), &words);
    format!("{message}\nhelp: {help}")
}

fn parts(error: &clap::Error, words: &[OsString]) -> (String, String) {
    let root = Wpu::command();
    let command = path(&root, words);
    let more = format!("`{} --help` lists its options", command.join(" "));
    let strings = |kind| strings(error, kind);
    let arg = strings(ContextKind::InvalidArg).into_iter().map(|arg| bare(&arg)).collect::<Vec<_>>();
    let value = strings(ContextKind::InvalidValue).pop().unwrap_or_default();
    let first = arg.first().cloned().unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let wrong = strings(ContextKind::InvalidSubcommand).pop().unwrap_or_default();
            let near = strings(ContextKind::SuggestedSubcommand);
            let has_commands = named(&root, words).last().is_some_and(|last| last.has_subcommands());
            let list = if has_commands {
                format!("`{} --help` lists the commands", command.join(" "))
            } else {
                more
            };
            let help = near.last().map_or(list, |near| {
                let mut whole = command.clone();
                whole.push(near.clone());
                format!("the nearest command is `{}`", whole.join(" "))
            });
            (format!("there is no command `{wrong}`"), help)
        }
        ErrorKind::UnknownArgument if first.starts_with('-') => {
            let near = strings(ContextKind::SuggestedArg).pop();
            let elsewhere = elsewhere(&root, &first);
            let help = match (near, elsewhere.is_empty()) {
                (_, false) => format!("it is an option of {}", elsewhere.join(", ")),
                (Some(near), true) => format!("the nearest option is `{near}`"),
                (None, true) => more,
            };
            (format!("`{}` has no option `{first}`", command.join(" ")), help)
        }
        ErrorKind::UnknownArgument => (format!("`{first}` is not expected here"), more),
        ErrorKind::MissingRequiredArgument => {
            (format!("{} {} missing", listed(&arg), if arg.len() == 1 { "is" } else { "are" }), more)
        }
        ErrorKind::ArgumentConflict => {
            let prior = strings(ContextKind::PriorArg).into_iter().map(|arg| bare(&arg)).collect::<Vec<_>>();
            if prior.is_empty() || prior.contains(&first) {
                (format!("`{first}` is given twice"), "it may be given once".to_owned())
            } else {
                (
                    format!("`{first}` and {} contradict each other", listed(&prior)),
                    "leave one out".to_owned(),
                )
            }
        }
        ErrorKind::InvalidValue if value.is_empty() && !has_empty_value(&first, words) => {
            (format!("`{first}` has no value"), valid(error).unwrap_or(more))
        }
        ErrorKind::InvalidValue => {
            let near = strings(ContextKind::SuggestedValue).pop();
            let help = near.map(|near| format!("the nearest word is `{near}`"));
            let message =
                if value.is_empty() { "is empty".to_owned() } else { format!("cannot be `{value}`") };
            (format!("`{first}` {message}"), help.or_else(|| valid(error)).unwrap_or(more))
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            let blank = value.trim().is_empty();
            let message = if blank { "is empty".to_owned() } else { format!("is `{value}`, which {why}") };
            (format!("`{first}` {message}"), more)
        }
        ErrorKind::TooManyValues => (format!("`{first}` takes no value, and `{value}` is one"), more),
        ErrorKind::InvalidUtf8 => {
            let wrong = words.iter().find(|word| word.to_str().is_none());
            let shown = wrong.map(|word| format!(" `{}`", word.to_string_lossy())).unwrap_or_default();
            (format!("the argument{shown} is not Unicode text"), more)
        }
        _ => (error.to_string().trim().trim_start_matches("error: ").to_owned(), more),
    }
}

/// The valid values.
fn valid(error: &clap::Error) -> Option<String> {
    let all = strings(error, ContextKind::ValidValue);
    (!all.is_empty()).then(|| format!("it may be {}", listed(&all)))
}

fn strings(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(one)) => vec![one.clone()],
        Some(ContextValue::Strings(all)) => all.clone(),
        Some(other) => vec![other.to_string()],
        None => Vec::new(),
    }
}

/// An argument without the names of its values.
fn bare(arg: &str) -> String {
    arg.split([' ', '=', '[']).next().unwrap_or(arg).to_owned()
}

fn listed(words: &[String]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Whether an empty value was given, which clap does not distinguish from a missing value.
fn has_empty_value(option: &str, words: &[OsString]) -> bool {
    let with_equals = format!("{option}=");
    words.iter().any(|word| word == &*with_equals)
        || words.windows(2).any(|pair| pair[0] == option && pair[1].is_empty())
}

/// The names of the command that the words name.
fn path(root: &Command, words: &[OsString]) -> Vec<String> {
    named(root, words).iter().map(|command| command.get_name().to_owned()).collect()
}

/// The commands that the words name, the outermost first.
fn named<'a>(root: &'a Command, words: &[OsString]) -> Vec<&'a Command> {
    let mut all = vec![root];
    for word in words {
        let inner = all.last().and_then(|last| last.get_subcommands().find(|known| word == known.get_name()));
        match inner {
            Some(inner) => all.push(inner),
            None => break,
        }
    }
    all
}

/// The commands that have this option.
fn elsewhere(command: &Command, option: &str) -> Vec<String> {
    fn search(command: &Command, path: &str, long: &str, found: &mut Vec<String>) {
        if command.get_arguments().any(|arg| arg.get_long() == Some(long)) {
            found.push(format!("`{path}`"));
        }
        for next in command.get_subcommands() {
            search(next, &format!("{path} {}", next.get_name()), long, found);
        }
    }
    let mut found = Vec::new();
    if let Some(long) = option.strip_prefix("--") {
        search(command, command.get_name(), long, &mut found);
    }
    found
}
