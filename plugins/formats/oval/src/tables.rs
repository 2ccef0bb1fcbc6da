//! The tests, objects and states of a document, as far as criteria can refer to them.

use std::io::Read;

use foldhash::HashMap;
use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

use crate::ids::{ENTRY, Id, Names, Text};
use crate::publisher::Operation;

/// All of them, by identifier.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) tests: HashMap<Id, Test>,
    pub(crate) objects: HashMap<Id, Object>,
    pub(crate) states: HashMap<Id, State>,
    kept: usize,
}

/// What is looked at, and what it must be like.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) object: Option<Id>,
    pub(crate) states: Box<[Id]>,
    /// Why it cannot be told what it asks.
    pub(crate) problem: Option<Text>,
}

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Object {
    /// A package of this name.
    Package(Text),
    /// A file at this path.
    File(Text),
    /// Something else; why it is not looked at.
    Unsupported(Text),
}

/// What something must be like, all at once.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) entities: Box<[Entity]>,
    /// Why it cannot be told what it asks.
    pub(crate) problem: Option<Text>,
}

/// What a property must be like: `evr`, `less than`, `0:1.2-3`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entity {
    pub(crate) field: Text,
    pub(crate) operation: Operation,
    pub(crate) value: Text,
}

impl Tables {
    /// What all of it takes beside its names, in bytes.
    pub(crate) const fn kept(&self) -> usize {
        self.kept
    }

    /// Reads the test whose element was just opened.
    pub(crate) fn read_test<R: Read>(&mut self, xml: &mut Xml<R>, names: &mut Names) -> Result<(), Error> {
        let id = names.id(&xml.attribute("id")?.unwrap_or_default());
        let mut problem = None;
        if !matches!(xml.name(), "rpminfo_test" | "dpkginfo_test" | "textfilecontent54_test") {
            problem = Some(format!("is a `{:.100}`", xml.name()));
        }
        for (name, understood) in [
            ("check", ["", "at least one", "all"]),
            ("check_existence", ["", "at_least_one_exists", "all_exist"]),
            ("state_operator", ["", "AND", "AND"]),
        ] {
            let value = xml.attribute(name)?.unwrap_or_default();
            if !understood.contains(&&*value) {
                problem = Some(format!("has `{name}` `{value:.100}`"));
            }
        }
        let mut object = None;
        let mut states = Vec::new();
        while xml.child()? {
            match xml.name() {
                "object" => object = Some(names.id(&xml.attribute("object_ref")?.unwrap_or_default())),
                "state" => states.push(names.id(&xml.attribute("state_ref")?.unwrap_or_default())),
                _ => {}
            }
            xml.skip()?;
        }
        self.kept += ENTRY + size_of::<Test>() + states.len() * size_of::<Id>();
        let problem = problem.map(|why| names.text(&why));
        self.tests.insert(id, Test { object, states: states.into(), problem });
        Ok(())
    }

    /// Reads the object whose element was just opened.
    pub(crate) fn read_object<R: Read>(&mut self, xml: &mut Xml<R>, names: &mut Names) -> Result<(), Error> {
        let id = names.id(&xml.attribute("id")?.unwrap_or_default());
        let kind = xml.name().to_owned();
        let is_package = matches!(kind.as_str(), "rpminfo_object" | "dpkginfo_object");
        let is_file = kind == "textfilecontent54_object";
        let (mut value, mut folder, mut problem) = (None, String::new(), None);
        while xml.child()? {
            let is_named = match xml.name() {
                "name" => is_package,
                "filepath" | "path" | "filename" => is_file,
                // What is searched for in the file, and which of its occurrences counts, say the states as well.
                "pattern" | "instance" if is_file => {
                    xml.skip()?;
                    continue;
                }
                _ => false,
            };
            let is_plain = Operation::of(&xml.attribute("operation")?.unwrap_or_default())
                == Operation::Equals
                && xml.attribute("var_ref")?.is_none();
            let name = xml.name().to_owned();
            let text = xml.text()?;
            match is_named && is_plain {
                true if name == "path" => folder = text,
                true => value = Some(text).filter(|text| !text.is_empty()),
                false => problem = Some(format!("has `{name:.100}` of a kind that is not understood")),
            }
        }
        if !is_package && !is_file {
            problem = Some(format!("is a `{kind:.100}`"));
        }
        let object = match (value, problem) {
            (_, Some(why)) => Object::Unsupported(names.text(&why)),
            (Some(name), None) if is_package => Object::Package(names.text(&name)),
            (Some(path), None) if folder.is_empty() => Object::File(names.text(&path)),
            // Some write the name as `filepath`, which by the standard has the folder in it.
            (Some(name), None) => {
                Object::File(names.text(&format!("{}/{name}", folder.trim_end_matches('/'))))
            }
            (None, None) => Object::Unsupported(names.text("names nothing")),
        };
        self.kept += ENTRY + size_of::<Object>();
        self.objects.insert(id, object);
        Ok(())
    }

    /// Reads the state whose element was just opened.
    pub(crate) fn read_state<R: Read>(&mut self, xml: &mut Xml<R>, names: &mut Names) -> Result<(), Error> {
        let id = names.id(&xml.attribute("id")?.unwrap_or_default());
        let operator = xml.attribute_or_empty("operator")?;
        let (mut entities, mut problem) = (Vec::new(), None);
        while xml.child()? {
            let operation = Operation::of(&xml.attribute("operation")?.unwrap_or_default());
            if xml.attribute("var_ref")?.is_some() {
                problem = Some("asks for a variable".to_owned());
            }
            let field = names.text(xml.name());
            let value = xml.text()?;
            entities.push(Entity { field, operation, value: names.text(&value) });
        }
        if entities.len() > 1 && !matches!(operator.as_str(), "" | "AND") {
            problem = Some(format!("has `operator` `{operator:.100}`"));
        }
        let problem = problem.map(|why| names.text(&why));
        self.kept += ENTRY + size_of::<State>() + entities.len() * size_of::<Entity>();
        self.states.insert(id, State { entities: entities.into(), problem });
        Ok(())
    }
}
