//! Only JSON objects: what serde derives for a struct would also read its fields off an array.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A `T` that was an object.
#[derive(Debug)]
pub(crate) struct JsonObject<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for JsonObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Pair {
        a: u8,
        b: Option<u8>,
    }

    #[test]
    fn an_array_of_the_right_values_is_no_object() {
        let parse = |json| serde_json::from_str::<JsonObject<Pair>>(json).map(|object| object.0);
        assert_eq!(parse(r#"{"b":2,"a":1,"c":[]}"#).unwrap(), Pair { a: 1, b: Some(2) });
        for json in ["[1,2]", "[]", "1", "null", "\"a\"", r#"{"b":2}"#, r#"{"a":1,"a":1}"#] {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
