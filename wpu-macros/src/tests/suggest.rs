//! Which name was probably meant.

use wpu_rt::rules::similar;

const NAMES: [&str; 4] = ["GLMakeLamp", "GLBreakLamp", "GLLampIsOn", "GLModifyRGBLamp"];

fn nearest(found: &str) -> Option<&'static str> {
    similar(found, &NAMES)
}

#[test]
fn same_letters_in_another_dress() {
    assert_eq!(nearest("GLModifyRgbLamp"), Some("GLModifyRGBLamp"));
    assert_eq!(nearest("gl_make_lamp"), Some("GLMakeLamp"));
    assert_eq!(similar("non-blue", &["blue", "non_blue"]), Some("non_blue"));
}

#[test]
fn prefix_missing_or_extra() {
    assert_eq!(nearest("BreakLamp"), Some("GLBreakLamp"));
    assert_eq!(nearest("break_lamp"), Some("GLBreakLamp"));
    assert_eq!(nearest("lpGLBreakLamp"), Some("GLBreakLamp"));
    assert_eq!(nearest("Lamp"), None, "a part of many names says nothing");
}

#[test]
fn slips_of_the_finger() {
    assert_eq!(nearest("GLMakLamp"), Some("GLMakeLamp"), "one dropped");
    assert_eq!(nearest("GLMakeeLamp"), Some("GLMakeLamp"), "one added");
    assert_eq!(nearest("GLMakeLemp"), Some("GLMakeLamp"), "one replaced");
    assert_eq!(nearest("GLMaekLamp"), Some("GLMakeLamp"), "two swapped");
    assert_eq!(similar("clas", &["class", "uses"]), Some("class"));
}

#[test]
fn nothing_far_away() {
    assert_eq!(nearest("GLPaintWall"), None);
    assert_eq!(nearest("GL"), None);
    assert_eq!(nearest(""), None);
    assert_eq!(similar("a", &[]), None);
}

#[test]
fn never_the_name_itself() {
    for name in NAMES {
        assert_eq!(nearest(name), None);
    }
}

#[test]
fn letters_outside_ascii_do_no_harm() {
    assert_eq!(similar("größen", &["größer", "länge"]), Some("größer"));
    assert_eq!(similar("İSTANBUL", &["İstanbul", "ß"]), Some("İstanbul"));
}
