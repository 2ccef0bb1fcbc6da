//! Settings are read from what is given, so that an error knows where the value comes from that it is about.

use std::collections::btree_map;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::problem::{Problem, What};
use super::tree::{Branch, Node, Value};

impl std::error::Error for Problem {}

impl de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    /// Without the value, which may be a secret: the line shows it, where it is none.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let expected = match expected.as_str() {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
            "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number, which may be negative",
            expected => expected,
        };
        Self::new(format!("expected {expected}, found {}", kind(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {expected}, found another {}", kind(&found).trim_start_matches("a ")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|&key| key.to_owned()).collect();
        let what = What::UnknownKey { key: field.to_owned(), known };
        Self { path: Vec::new(), origin: None, what, hint: None }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let known = expected.iter().map(|&word| word.to_owned()).collect();
        let what = What::UnknownWord { word: variant.to_owned(), known };
        Self { path: Vec::new(), origin: None, what, hint: None }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is missing"))
    }
}

const fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a switch",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Str(_) | Unexpected::Char(_) => "a text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        _ => "a value of another kind",
    }
}

/// Reads all of a branch.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn read<'de, T: de::Deserialize<'de>>(branch: &'de Branch) -> Result<T, Problem> {
    T::deserialize(Table(branch))
}

/// A table.
#[derive(Clone, Copy)]
struct Table<'de>(&'de Branch);

impl<'de> Deserializer<'de> for Table<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(Keys { left: self.0.iter(), value: None })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Problem> for &'de Node {
    type Deserializer = Given<'de>;

    fn into_deserializer(self) -> Given<'de> {
        Given(self)
    }
}

/// A value.
#[derive(Clone, Copy)]
pub(super) struct Given<'de>(pub(super) &'de Node);

impl<'de> Deserializer<'de> for Given<'de> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let read = match &self.0.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Switch(switch) => visitor.visit_bool(*switch),
            Value::List(list) => visitor.visit_seq(Elements(list.iter())),
            Value::Table(branch) => visitor.visit_map(Keys { left: branch.iter(), value: None }),
        };
        read.map_err(|problem| problem.or_at(&self.0.origin))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        match &self.0.value {
            Value::Text(text) => {
                let word: StrDeserializer<'_, Problem> = text.as_str().into_deserializer();
                let read = word.deserialize_enum(name, variants, visitor);
                read.map_err(|problem| problem.or_at(&self.0.origin))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Keys<'de> {
    left: btree_map::Iter<'de, String, Node>,
    value: Option<(&'de str, &'de Node)>,
}

impl<'de> MapAccess<'de> for Keys<'de> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        let Some((key, node)) = self.left.next() else { return Ok(None) };
        self.value = Some((key, node));
        let word: StrDeserializer<'_, Problem> = key.as_str().into_deserializer();
        seed.deserialize(word).map(Some).map_err(|problem| problem.or_at(&node.origin))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (key, node) = self.value.take().ok_or_else(|| Problem::new("a value without a key"))?;
        seed.deserialize(Given(node)).map_err(|problem| problem.or_at(&node.origin).within(key))
    }
}

struct Elements<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Problem> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(Given(node)).map(Some).map_err(|problem| problem.or_at(&node.origin))
    }
}
