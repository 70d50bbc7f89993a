//! The commands of `docs/install.md` print what the guide says.

use std::path::{Path, PathBuf};
use std::process::Command;
use wpu_install::{Memory, Width, write_snapshot};

/// The guide's `catalog.json` is that of a new 64-bit Windows; `layered.json` is the same after the first
/// installation of a layer, and `broken.json` after the files of that layer were deleted.
#[test]
fn every_command_prints_what_the_guide_shows() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("guide");
    std::fs::create_dir_all(&folder).expect("the folder for tests can be written to");
    let write =
        |name: &str, text: String| std::fs::write(folder.join(name), text).expect("so can files in it");
    write("catalog.json", write_snapshot(Memory::sample(&[Width::Bits64]).catalogs()));
    write("layered.json", layered());
    write("broken.json", broken());

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/install.md");
    let guide = std::fs::read_to_string(&path).expect("there is a guide");
    let mut written = String::new();
    let mut commands = 0;
    for (at, part) in guide.split("```console\n").enumerate() {
        let Some((block, rest)) = part.split_once("```").filter(|_| at > 0) else {
            written.push_str(part);
            continue;
        };
        let command = block.lines().next().and_then(|line| line.strip_prefix("$ wpu ")).expect("a command");
        let output = Command::new(env!("CARGO_BIN_EXE_wpu"))
            .args(words(command))
            .current_dir(&folder)
            .output()
            .expect("wpu can be started");
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
        written.push_str(&format!("```console\n$ wpu {command}\n{out}{err}```{rest}"));
        commands += 1;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &written).expect("the guide can be written");
        return;
    }
    assert!(commands > 3);
    assert!(
        written == guide,
        "the guide shows something else; UPDATE_EXPECT=1 renews it. It is now:\n{written}"
    );
}

/// The words of a command. Quotes group several words.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('"').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

fn layered() -> String {
    let mut memory = Memory::sample(&[Width::Bits64]);
    let layer = wpu_install::Layer {
        provider: wpu_install::parse_guid("d3c21122-85e1-48f3-9ab6-23d90c73077e").expect("it is an id"),
        name: "Count".into(),
        path: r"%ProgramFiles%\count\count.dll".into(),
        class: wpu_install::Class::Ifs,
        over: wpu_install::Over::Sockets(vec![(2, 1, 6)]),
        categories: 1,
    };
    let plan = layer.plan(memory.catalogs()).expect("there is a plan");
    wpu_install::apply(&plan, &mut memory).expect("it can be carried out");
    write_snapshot(memory.catalogs())
}

fn broken() -> String {
    let catalogs = &wpu_install::read_snapshot(&layered()).expect("it was just written");
    let there = |_, path: &wpu_install::WideString| Some(!path.to_string().contains("count"));
    let findings = &wpu_install::findings(catalogs, there);
    wpu_install::write_listing(&wpu_install::Listing { catalogs, findings })
}
