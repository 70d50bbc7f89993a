//! A spec that passed every gate, and what it names.

use crate::model::Model;
use crate::role::kind::Form;

/// A spec that passed every gate.
#[derive(Debug)]
pub struct Spec {
    pub(crate) model: Model,
    pub(crate) forms: Vec<Form>,
    pub(crate) down_forms: Vec<Form>,
}

impl Spec {
    /// Every name and address that stands in the spec and must not stand in the generator.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let model = &self.model;
        let words = model.classes.iter().chain(&model.platforms).map(|word| &word.name);
        let urls = model.sources.iter().filter_map(|source| source.url.as_ref());
        let functions = model.functions().flat_map(|function| [&function.name, &function.pointer_type]);
        let types = model.types.iter().map(|ty| &ty.name);
        let constants = model.constants.iter().map(|constant| &constant.name);
        let errors = model.errors.iter().map(|error| &error.name);
        let all = words.chain(urls).chain(functions).chain(types).chain(constants).chain(errors);
        all.map(|name| name.as_str())
    }

    /// The names of kits. They are plain words, and may mean something else in the generator; in the macro they may not.
    pub fn kits(&self) -> impl Iterator<Item = &str> {
        self.model.kits.iter().map(|kit| kit.name.as_str())
    }
}
