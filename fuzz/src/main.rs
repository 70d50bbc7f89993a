//! Runs random cases, limited by `--seconds` or `--cases`, from `--seed`; or the cases in the named files.
//! All files of the corpus are run first.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio, exit};
use std::time::{Duration, Instant};

/// From this number of cases on, each function must have succeeded and failed.
const ENOUGH: u64 = 1000;
/// The length of the longest case.
const LONGEST: u64 = if cfg!(miri) { 300 } else { 1500 };

struct Options {
    seconds: u64,
    cases: u64,
    seed: u64,
    from: u64,
    files: Vec<PathBuf>,
    /// The file that receives the number of the current case, so that the parent process finds it if this
    /// process dies.
    note: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = options();
    if let Some(note) = &options.note {
        work(&options, note);
        return ExitCode::SUCCESS;
    }
    if !options.files.is_empty() {
        for file in &options.files {
            println!("{}", file.display());
            wpu_fuzz::run(&fs::read(file).expect("the file can be read"));
        }
        return ExitCode::SUCCESS;
    }
    watch(&options)
}

fn options() -> Options {
    let mut options =
        Options { seconds: 60, cases: u64::MAX, seed: 1, from: 0, files: Vec::new(), note: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut number = || {
            let number = words.next().and_then(|word| word.parse().ok());
            number.unwrap_or_else(|| usage(&word))
        };
        match word.as_str() {
            "--seconds" => options.seconds = number(),
            "--cases" => options.cases = number(),
            "--seed" => options.seed = number(),
            "--from" => options.from = number(),
            "--note" => options.note = words.next().map(PathBuf::from),
            file if !file.starts_with('-') => options.files.push(file.into()),
            _ => usage(&word),
        }
    }
    options
}

fn usage(word: &str) -> ! {
    eprintln!("`{word}` is wrong; usage: wpu-fuzz [--seconds N] [--cases N] [--seed N] [--from N] | FILE…");
    exit(2)
}

/// The folder of cases that have failed before.
fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
    let mut files: Vec<_> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

/// The case with this number.
fn case(seed: u64, number: u64) -> Vec<u8> {
    let mut state =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03);
    let mut next = || {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    };
    let length = next() >> 32;
    let words = (length % LONGEST) / 8 + 1;
    (0..words).flat_map(|_| next().to_le_bytes()).collect()
}

/// Runs the cases, in a process that may die in the middle of one.
fn work(options: &Options, note: &Path) {
    std::panic::set_hook(Box::new(|panic| {
        // A panic of the harness would be contained like one of a provider.
        eprintln!("{panic}");
        std::process::abort();
    }));
    // Miri takes a minute for each file.
    for file in corpus().into_iter().filter(|_| !cfg!(miri)) {
        fs::write(note, file.display().to_string()).expect("the note can be written");
        wpu_fuzz::run(&fs::read(&file).expect("the file can be read"));
    }
    let mut noted = fs::File::create(note).expect("the note can be written");
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let mut number = options.from;
    while number - options.from < options.cases && Instant::now() < end {
        note_down(&mut noted, number);
        wpu_fuzz::run(&case(options.seed, number));
        number += 1;
    }
    let ran = number - options.from;
    match wpu_fuzz::seen() {
        Ok(seen) => println!("{seen}{ran} cases"),
        Err(lack) if ran < ENOUGH => println!("{ran} cases, which are few; {lack}"),
        Err(lack) => panic!("{ran} cases, and yet {lack}"),
    }
}

fn note_down(note: &mut fs::File, number: u64) {
    use std::io::Seek as _;
    let written = note.rewind().and_then(|()| write!(note, "{number:020}"));
    written.expect("the note can be written");
}

/// Runs a second process, and reports the case that ended it.
fn watch(options: &Options) -> ExitCode {
    let note = std::env::temp_dir().join(format!("wpu-fuzz-{}", std::process::id()));
    let mut command = Command::new(std::env::current_exe().expect("it is running"));
    command.arg("--note").arg(&note);
    let numbers =
        [options.seconds, options.cases, options.seed, options.from].map(|number| number.to_string());
    for (name, number) in ["--seconds", "--cases", "--seed", "--from"].iter().zip(&numbers) {
        command.args([*name, number]);
    }
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it can run once more");
    let errors = child.stderr.take().map(BufReader::new);
    for line in errors.into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
        // The messages of the library about failed upcalls, which are expected here.
        if !line.starts_with("wpu: the completion of a client's request could not be reported") {
            eprintln!("{line}");
        }
    }
    let status = child.wait().expect("it was started");
    let noted = fs::read_to_string(&note).unwrap_or_default();
    let _ = fs::remove_file(&note);
    if status.success() {
        return ExitCode::SUCCESS;
    }
    println!("{status}, in case {noted} of seed {}", options.seed);
    if let Ok(number) = noted.parse::<u64>() {
        let file = format!("case-{}-{number}", options.seed);
        fs::write(&file, case(options.seed, number)).expect("the case can be written");
        println!("it is in the file `{file}`: give its name to run it again");
    }
    ExitCode::FAILURE
}
