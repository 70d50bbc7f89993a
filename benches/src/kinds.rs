//! Synthetic specs with many items of one kind each.

use wpu_gen::source::Sources;

/// A kind of item.
pub struct Kind {
    pub name: &'static str,
    /// The text that occurs once; `{all}` is replaced by the parts of `one_of`.
    around: &'static str,
    /// The text that each item adds; `{n}` is its number, starting at 1.
    item: &'static str,
    /// The text that each item adds to `{all}`.
    one_of: &'static str,
}

const fn plain(name: &'static str, item: &'static str) -> Kind {
    Kind { name, around: "", item, one_of: "" }
}

/// A note that refers to names to which nothing else refers.
const NOTED: &str = "[[note]]\nid = \"all\"\nabout = [{all}]\ndoc = \"S.\"\ndecision = \"D.\"\n";

const STRUCT: &str = r#"[[struct]]
name = "S{n}"
export = true
doc = "T."
size = [4, 4]
fields = [{ name = "f", type = "u32", doc = "F." }]
"#;

const UPCALL: &str = r#"[[upcall]]
name = "U{n}"
pointer-type = "PU{n}"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

const HANDLE: &str = r#"[[typedef]]
name = "R{n}"
type = "void *"
doc = "T."

[[upcall]]
name = "Take{n}"
pointer-type = "PTAKE{n}"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "R{n}", role = "value" }
failure = "NONE{n}"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", reason = "none" }
sources = []

[[upcall]]
name = "Give{n}"
pointer-type = "PGIVE{n}"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [
  { name = "r", type = "R{n}", direction = "in", role = "handle", handle = "Thing{n}", rust-name = "thing", doc = "R." },
  { name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." },
]
requirement = { status = "unspecified", reason = "none" }
sources = []

[[constant]]
name = "NONE{n}"
type = "R{n}"
value = 0
doc = "T."

[[handle]]
name = "Thing{n}"
doc = "T."
type = "R{n}"
acquire = "Take{n}"
release = "Give{n}"
borrowed = "Lent{n}"
"#;

const DOWNCALL: &str = r#"[[downcall]]
name = "D{n}"
pointer-type = "PD{n}"
doc = "T."
header = "h.h"
slot = {before}
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
errors = [{ code = "E", when = "w" }]
unimplemented-error = "E"
sources = []
"#;

const PROVIDER: &str = r#"[[table]]
name = "GUEST"
doc = "T."
header = "h.h"
slots = {count}
member-prefix = "p"
size = [{narrow}, {wide}]
provided-by = "plugin"
trait = "Guest"
"#;

const ENTRY: &str = r#"[[entry-point]]
name = "N{n}"
pointer-type = "PN{n}"
doc = "T."
header = "h.h"
returns = "i32"
params = [{ name = "t", type = "TABLE *", direction = "in", role = "table", doc = "T." }]
missing-error = "E"
"#;

const IMPORT: &str = r#"[[import]]
name = "I{n}"
pointer-type = "PI{n}"
library = "lib"
doc = "T."
header = "h.h"
returns = "i32"
params = [{ name = "a", type = "u32", direction = "in", doc = "A." }]
"#;

const WIDE: &str = r#"[[upcall]]
name = "Wide"
pointer-type = "PWIDE"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{all}{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

const WARNED: &str = r#"[[upcall]]
name = "Warned"
pointer-type = "PWARNED"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
errors = [{all}]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

const IN_EVERY_TABLE: &str = r#"[[upcall]]
name = "Everywhere"
pointer-type = "PEVERYWHERE"
doc = "T."
header = "h.h"
slots = { {all}TABLE = 0 }
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

/// One upcall applies to all platforms but one, and another to that one only.
const ON_PLATFORMS: &str = r#"[[upcall]]
name = "Widely"
pointer-type = "PWIDELY"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", platforms = [{all}], elsewhere = { land = "optional" }, reason = "none", substitute = "s" }
sources = []

[[upcall]]
name = "Hardly"
pointer-type = "PHARDLY"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", platforms = ["land"], elsewhere = { {else} }, reason = "none", substitute = "s" }
sources = []
"#;

/// A downcall with many in and out parameters.
const WIDE_DOWNCALL: &str = r#"[[table]]
name = "GUEST"
doc = "T."
header = "h.h"
slots = 1
member-prefix = "p"
size = [4, 8]
provided-by = "plugin"
trait = "Guest"

[[downcall]]
name = "Wide"
pointer-type = "PWIDE"
doc = "T."
header = "h.h"
slot = 0
returns = { type = "i32", role = "status" }
failure = "FAILED"
answer = "Answer"
params = [{all}{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
errors = [{ code = "E", when = "w" }]
unimplemented-error = "E"
sources = []
"#;

/// Callbacks with a context, each a parameter of an upcall.
const BUNDLE: &str = r#"[[callback]]
name = "B{n}"
doc = "T."
params = [{ name = "c", type = "usize", doc = "C." }]
rust-name = "Bundle{n}"

[[upcall]]
name = "U{n}"
pointer-type = "PU{n}"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [
  { name = "b", type = "B{n}", direction = "in", role = "callback", context = "c", rust-name = "b", doc = "B." },
  { name = "c", type = "usize", direction = "in", role = "context", doc = "C." },
  { name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." },
]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

/// Opaque structures, each a parameter of an upcall, together with a counted structure.
const TOKEN: &str = r#"[[struct]]
name = "S{n}"
doc = "T."
size = [4, 8]
request = true
rust-name = "Token{n}"
fields = [{ name = "f", type = "usize", doc = "F." }]

[[struct]]
name = "C{n}"
doc = "T."
size = [8, 8]
rust-name = "Set{n}"
fields = [
  { name = "many", type = "u32", doc = "M." },
  { name = "all", type = "u32[1]", counted-by = "many", doc = "A." },
]

[[typedef]]
name = "O{n}"
type = "void *"
opaque = "Opaque{n}"
doc = "T."

[[upcall]]
name = "U{n}"
pointer-type = "PU{n}"
doc = "T."
header = "h.h"
library = "lib"
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [
  { name = "s", type = "S{n} *", direction = "inout", role = "request", rust-name = "s", doc = "S." },
  { name = "c", type = "C{n} *", direction = "in", role = "array", rust-name = "c", doc = "C." },
  { name = "o", type = "O{n}", direction = "in", rust-name = "o", doc = "O." },
  { name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." },
]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

pub const KINDS: &[Kind] = &[
    Kind {
        name: "classes",
        around: "[[kit]]\nname = \"kit\"\ndoc = \"T.\"\nuses = { {all} }\n",
        item: "[[class]]\nname = \"c{n}\"\ndoc = \"T.\"\n",
        one_of: "c{n} = [\"First\"], ",
    },
    Kind {
        name: "platforms",
        around: ON_PLATFORMS,
        item: "[[platform]]\nname = \"p{n}\"\ndoc = \"T.\"\n",
        one_of: "\"p{n}\", ",
    },
    Kind {
        name: "parameters of a downcall",
        around: WIDE_DOWNCALL,
        item: "",
        one_of: "{ name = \"i{n}\", type = \"u32\", direction = \"in\", rust-name = \"i{n}\", doc = \"P.\" }, { name = \"o{n}\", type = \"u32 *\", direction = \"inout\", rust-name = \"o{n}\", doc = \"P.\" }, ",
    },
    Kind {
        name: "parameters of a callback",
        around: "[[callback]]\nname = \"Called\"\ndoc = \"T.\"\nparams = [{all}]\n[[note]]\nid = \"all\"\nabout = [\"Called\"]\ndoc = \"S.\"\ndecision = \"D.\"\n",
        item: "",
        one_of: "{ name = \"a{n}\", type = \"usize\", doc = \"A.\" }, ",
    },
    plain("callbacks with a context", BUNDLE),
    plain("requests, counted structures and opaque types", TOKEN),
    Kind {
        name: "types",
        around: NOTED,
        item: "[[typedef]]\nname = \"T{n}\"\ntype = \"u32\"\ndoc = \"T.\"\n",
        one_of: "\"T{n}\", ",
    },
    plain("structures", STRUCT),
    Kind {
        name: "fields",
        around: "[[struct]]\nname = \"S\"\nexport = true\ndoc = \"T.\"\nsize = [{narrow}, {narrow}]\nfields = [{all}]\n",
        item: "",
        one_of: "{ name = \"f{n}\", type = \"u32\", doc = \"F.\" }, ",
    },
    Kind {
        name: "callbacks",
        around: NOTED,
        item: "[[callback]]\nname = \"C{n}\"\ndoc = \"T.\"\nparams = [{ name = \"a\", type = \"usize\", doc = \"A.\" }]\n",
        one_of: "\"C{n}\", ",
    },
    plain(
        "constants",
        "[[constant]]\nname = \"K{n}\"\ntype = \"u32\"\nvalue = {n}\nexport = true\ndoc = \"T.\"\n",
    ),
    plain("errors", "[[error]]\nname = \"E{n}\"\nvalue = 1{n}\nmessage = \"t\"\nio-kind = \"NotFound\"\n"),
    Kind {
        name: "errors that share a value",
        around: "",
        item: "[[error]]\nname = \"E{n}\"\nvalue = 1\nmessage = \"t\"\nalias-of = \"E\"\n",
        one_of: "",
    },
    plain("upcalls", UPCALL),
    Kind {
        name: "parameters",
        around: WIDE,
        item: "",
        one_of: "{ name = \"p{n}\", type = \"u32\", direction = \"in\", rust-name = \"a{n}\", doc = \"P.\" }, ",
    },
    Kind {
        name: "documented errors",
        around: WARNED,
        item: "[[error]]\nname = \"E{n}\"\nvalue = 1{n}\nmessage = \"t\"\n",
        one_of: "{ code = \"E{n}\", when = \"w\" }, ",
    },
    Kind { name: "downcalls", around: PROVIDER, item: DOWNCALL, one_of: "" },
    plain("entry points", ENTRY),
    plain("imports", IMPORT),
    plain("handles", HANDLE),
    Kind {
        name: "tables",
        around: IN_EVERY_TABLE,
        item: "[[table]]\nname = \"TABLE{n}\"\ndoc = \"T.\"\nheader = \"h.h\"\nslots = 1\nmember-prefix = \"p\"\nsize = [4, 8]\n",
        one_of: "TABLE{n} = 0, ",
    },
    plain("kits", "[[kit]]\nname = \"kit_{n}\"\ndoc = \"T.\"\nuses = { one = [\"First\"] }\n"),
    plain("notes", "[[note]]\nid = \"n{n}\"\nabout = [\"First\", \"E\"]\ndoc = \"S.\"\ndecision = \"D.\"\n"),
    Kind {
        name: "sources",
        around: "[[note]]\nid = \"all\"\nabout = [\"First\"]\ndoc = \"S.\"\ndecision = \"D.\"\nsources = [{all}]\n",
        item: "[[source]]\nid = \"s{n}\"\ntitle = \"T\"\nurl = \"https://example.org/{n}\"\n",
        one_of: "\"s{n}\", ",
    },
    Kind {
        name: "headers",
        around: "",
        item: "[[header]]\nname = \"h{n}.h\"\ninclude = [\"h.h\", \"h{n}.h\"]\n[[constant]]\nname = \"K{n}\"\ntype = \"u32\"\nvalue = 1\nexport = true\ndoc = \"T.\"\nheader = \"h{n}.h\"\n",
        one_of: "",
    },
    plain(
        "header mismatches",
        "[[header-mismatch]]\nabout = [\"K{n}\"]\nreason = \"r\"\n[[constant]]\nname = \"K{n}\"\ntype = \"u32\"\nvalue = 1\nexport = true\ndoc = \"T.\"\nheader = \"h.h\"\n",
    ),
];

const HEAD: &str = r#"[spec]
title = "A made-up host."
revision = 1
package = "made-up-sys"
prefix = ""
{downcalls}error-type = "HostError"
contract-violation = "E"
not-initialized = "E"
invalid-pointer = "E"

[[class]]
name = "one"
doc = "T."

[[platform]]
name = "land"
doc = "T."
default = true

[[error]]
name = "E"
value = 1
message = "t"

[[constant]]
name = "FAILED"
type = "i32"
value = -1
doc = "T."

[[table]]
name = "TABLE"
doc = "T."
header = "h.h"
slots = 1
member-prefix = "p"
size = [4, 8]
"#;

const FIRST: &str = r#"[[upcall]]
name = "First"
pointer-type = "PFIRST"
doc = "T."
header = "h.h"
{reach}
returns = { type = "i32", role = "status" }
failure = "FAILED"
params = [{ name = "e", type = "i32 *", direction = "out", role = "error", doc = "E." }]
requirement = { status = "unspecified", reason = "none" }
sources = []
"#;

impl Kind {
    /// A spec with `count` items of this kind.
    pub fn spec(&self, count: usize) -> Sources {
        let numbered = |text: &str| -> String {
            let item =
                |n: usize| text.replace("{n}", &n.to_string()).replace("{before}", &(n - 1).to_string());
            if text.is_empty() { String::new() } else { (1..=count).map(item).collect() }
        };
        let around = self
            .around
            .replace("{count}", &count.to_string())
            .replace("{narrow}", &(count * 4).to_string())
            .replace("{wide}", &(count * 8).to_string())
            .replace("{all}", &numbered(self.one_of))
            .replace("{else}", &numbered("p{n} = \"optional\", "));
        let many_tables = self.around == IN_EVERY_TABLE;
        let first =
            FIRST.replace("{reach}", if many_tables { "library = \"lib\"" } else { "slots = { TABLE = 0 }" });
        let prefix = if self.item == DOWNCALL || self.around == WIDE_DOWNCALL {
            "downcall-prefix = \"\"\n"
        } else {
            ""
        };
        let head = HEAD.replace("{downcalls}", prefix) + &first + &around;
        let files = [("head.toml", head), ("items.toml", numbered(self.item))];
        // A file without entries is an error.
        Sources::from_texts(files.into_iter().filter(|(_, text)| !text.is_empty()))
    }
}
