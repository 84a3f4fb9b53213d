//! JSON and the caller as values of conditions, borrowing texts, with their weight in steps.
//!
//! Whole numbers of 64 bits are exact, all others become binary floating point. Comparisons treat both as numbers.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;

use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt,
};
use cel::common::value::Val;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::meter::weigh_text;
use crate::policy::user::{FieldValue, UserField};

/// JSON readers stop at 128; a value that no reader made could be deeper than the stack.
const MAXIMUM_DEPTH: usize = 160;

type Weighed<'v> = (Box<dyn Val + 'v>, u64);

/// The caller, with these fields.
pub(super) fn of_user<'v>(fields: impl Iterator<Item = (UserField, FieldValue<'v>)>) -> Weighed<'v> {
    let mut weight = 1;
    let mut text = |text: &'v str| -> Box<dyn Val + 'v> {
        weight += weigh_text(text.len());
        Box::new(CelString::from(text))
    };
    let members: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = fields
        .map(|(field, value)| {
            let value: Box<dyn Val + 'v> = match value {
                FieldValue::Text(Some(value)) => text(value),
                FieldValue::Text(None) => Box::new(CelNull),
                FieldValue::Texts(values) => {
                    let values: Vec<_> = values.iter().map(|value| text(value)).collect();
                    Box::new(CelList::from(values))
                }
            };
            (CelMapKey::from(field.as_str()), value)
        })
        .collect();
    (Box::new(CelMap::from(members)), weight)
}

/// JSON, from its text or from a tree of values.
pub(super) fn of_json<'v, D: Deserializer<'v>>(json: D) -> Result<Weighed<'v>, D::Error> {
    let weight = Cell::new(0);
    let reader = Reader {
        weight: &weight,
        depth: 0,
    };
    let value = reader.deserialize(json)?;
    Ok((value, weight.get()))
}

/// One value that is about to be read.
#[derive(Clone, Copy)]
struct Reader<'a> {
    weight: &'a Cell<u64>,
    depth: usize,
}

impl Reader<'_> {
    fn weigh(self, steps: u64) {
        self.weight.set(self.weight.get().saturating_add(steps));
    }

    fn inner<E: Error>(self) -> Result<Self, E> {
        self.weigh(1);
        match self.depth < MAXIMUM_DEPTH {
            true => Ok(Self {
                depth: self.depth + 1,
                ..self
            }),
            false => Err(E::custom("nested too deeply")),
        }
    }

    fn scalar<'v>(self, value: impl Val + 'v) -> Box<dyn Val + 'v> {
        self.weigh(1);
        Box::new(value)
    }
}

impl<'v> DeserializeSeed<'v> for Reader<'_> {
    type Value = Box<dyn Val + 'v>;

    fn deserialize<D: Deserializer<'v>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'v> Visitor<'v> for Reader<'_> {
    type Value = Box<dyn Val + 'v>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.scalar(CelNull))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.scalar(CelBool::from(value)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.scalar(CelInt::from(number)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        match i64::try_from(number) {
            Ok(number) => Ok(self.scalar(CelInt::from(number))),
            Err(_) => Ok(self.scalar(CelUInt::from(number))),
        }
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(self.scalar(CelDouble::from(number)))
    }

    fn visit_borrowed_str<E>(self, text: &'v str) -> Result<Self::Value, E> {
        self.weigh(weigh_text(text.len()));
        Ok(Box::new(CelString::from(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        self.weigh(weigh_text(text.len()));
        Ok(Box::new(CelString::from(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'v>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            list.push(element);
        }
        Ok(Box::new(CelList::from(list)))
    }

    fn visit_map<A: MapAccess<'v>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let inner = self.inner()?;
        let mut map: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = HashMap::new();
        while let Some(key) = members.next_key_seed(Key)? {
            self.weigh(1);
            let value = members.next_value_seed(inner)?;
            map.insert(key, value);
        }
        Ok(Box::new(CelMap::from(map)))
    }
}

/// The name of a member, borrowed where its text has no escapes.
struct Key;

impl<'v> DeserializeSeed<'v> for Key {
    type Value = CelMapKey<'v>;

    fn deserialize<D: Deserializer<'v>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'v> Visitor<'v> for Key {
    type Value = CelMapKey<'v>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, name: &'v str) -> Result<Self::Value, E> {
        Ok(CelMapKey::from(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(CelMapKey::from(name.to_owned()))
    }
}
