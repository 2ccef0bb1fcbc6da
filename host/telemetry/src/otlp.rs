//! Spans as [OTLP](https://opentelemetry.io/docs/specs/otlp/) sends them: `ExportTraceServiceRequest`.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{Link, SpanContext, SpanKind, Status};
use opentelemetry::{Array, Key, KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;

use crate::protobuf::{Fields, Message, Value as Field};

/// Bits of a span's flags that say whether its parent is of another process, and that this is known.
const PARENT_IS_KNOWN: u32 = 0x100;
const PARENT_IS_REMOTE: u32 = 0x200;

/// All spans come from one crate, whatever part of the program made them.
const SCOPE: &str = "limpid";

pub(crate) fn request(resource: &Resource, spans: &[SpanData]) -> Vec<u8> {
    let mut request = Message::default();
    request.message(1, |of_resource| {
        of_resource.message(1, |message| {
            for (key, value) in resource {
                attribute(message, 1, key, value);
            }
        });
        of_resource.message(2, |of_scope| {
            of_scope.message(1, |scope| {
                scope.bytes(1, SCOPE.as_bytes());
                scope.bytes(2, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for data in spans {
                of_scope.message(2, |message| span(message, data));
            }
        });
    });
    request.into_bytes()
}

/// Spans that a collector did not take, and why, of a body of an answer with status 200.
pub(crate) fn rejected(answer: &[u8]) -> Option<(u64, String)> {
    let (_, partial) = Fields(answer).find(|(field, _)| *field == 1)?;
    let Field::Bytes(partial) = partial else { return None };
    let (mut rejected, mut why) = (0, String::new());
    for (field, value) in Fields(partial) {
        match (field, value) {
            (1, Field::Number(number)) => rejected = number,
            (2, Field::Bytes(text)) => why = String::from_utf8_lossy(text).into_owned(),
            _ => {}
        }
    }
    (rejected > 0).then_some((rejected, why))
}

fn span(message: &mut Message, data: &SpanData) {
    ids(message, &data.span_context);
    message.bytes(4, &parent(data));
    message.bytes(5, data.name.as_bytes());
    let kind = match data.span_kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    };
    message.number(6, kind);
    message.fixed64(7, nanoseconds(data.start_time));
    message.fixed64(8, nanoseconds(data.end_time));
    attributes(message, 9, &data.attributes);
    message.number(10, data.dropped_attributes_count.into());
    for event in &data.events.events {
        message.message(11, |message| {
            message.fixed64(1, nanoseconds(event.timestamp));
            message.bytes(2, event.name.as_bytes());
            attributes(message, 3, &event.attributes);
            message.number(4, event.dropped_attributes_count.into());
        });
    }
    message.number(12, data.events.dropped_count.into());
    for Link { span_context, attributes: of_link, dropped_attributes_count, .. } in &data.links.links {
        message.message(13, |message| {
            ids(message, span_context);
            attributes(message, 4, of_link);
            message.number(5, (*dropped_attributes_count).into());
            message.fixed32(6, span_context.trace_flags().to_u8().into());
        });
    }
    message.number(14, data.links.dropped_count.into());
    message.message(15, |message| match &data.status {
        Status::Unset => {}
        Status::Ok => message.number(3, 1),
        Status::Error { description } => {
            message.bytes(2, description.as_bytes());
            message.number(3, 2);
        }
    });
    let remote = if data.parent_span_is_remote { PARENT_IS_REMOTE } else { 0 };
    message.fixed32(16, u32::from(data.span_context.trace_flags().to_u8()) | PARENT_IS_KNOWN | remote);
}

/// Fields 1 to 3 of spans and of links.
fn ids(message: &mut Message, context: &SpanContext) {
    message.bytes(1, &context.trace_id().to_bytes());
    message.bytes(2, &context.span_id().to_bytes());
    message.bytes(3, context.trace_state().header().as_bytes());
}

/// Empty where a span has none.
fn parent(data: &SpanData) -> Vec<u8> {
    let id = data.parent_span_id.to_bytes();
    if id == [0; 8] { Vec::new() } else { id.to_vec() }
}

fn attributes(message: &mut Message, field: u32, attributes: &[KeyValue]) {
    for KeyValue { key, value, .. } in attributes {
        attribute(message, field, key, value);
    }
}

fn attribute(message: &mut Message, field: u32, key: &Key, of_key: &Value) {
    message.message(field, |message| {
        message.bytes(1, key.as_str().as_bytes());
        message.message(2, |message| value(message, of_key));
    });
}

fn value(message: &mut Message, value: &Value) {
    match value {
        Value::Bool(value) => message.one_of_number(2, u64::from(*value)),
        Value::I64(value) => message.one_of_number(3, value.cast_unsigned()),
        Value::F64(value) => message.fixed64(4, value.to_bits()),
        Value::String(value) => message.one_of_bytes(1, value.as_str().as_bytes()),
        Value::Array(values) => message.message(5, |message| array(message, values)),
        // Whatever else there may be once: as it is shown.
        other => message.one_of_bytes(1, other.as_str().as_bytes()),
    }
}

fn array(message: &mut Message, array: &Array) {
    let values: Vec<Value> = match array {
        Array::Bool(values) => values.iter().copied().map(Value::Bool).collect(),
        Array::I64(values) => values.iter().copied().map(Value::I64).collect(),
        Array::F64(values) => values.iter().copied().map(Value::F64).collect(),
        Array::String(values) => values.iter().cloned().map(Value::String).collect(),
        _ => Vec::new(),
    };
    for item in &values {
        message.message(1, |message| value(message, item));
    }
}

fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

    use super::*;

    fn context(trace: u128, span: u64) -> SpanContext {
        let state = TraceState::from_key_value([("vendor", "x")]).unwrap();
        let (trace, span) =
            (TraceId::from_bytes(trace.to_be_bytes()), SpanId::from_bytes(span.to_be_bytes()));
        SpanContext::new(trace, span, TraceFlags::SAMPLED, true, state)
    }

    /// The only value of a field.
    fn one<'m>(message: &'m [u8], field: u64) -> Field<'m> {
        let mut of_field = Fields(message).filter(|(number, _)| *number == field).map(|(_, value)| value);
        let value = of_field.next().unwrap();
        assert_eq!(of_field.next(), None);
        value
    }

    fn inner(message: &[u8], field: u64) -> &[u8] {
        let Field::Bytes(bytes) = one(message, field) else { panic!("{field} is a number") };
        bytes
    }

    #[test]
    fn a_span_is_encoded_field_by_field_as_the_schema_says() {
        let mut links = SpanLinks::default();
        links.links.push(Link::new(context(7, 8), vec![], 0));
        let data = SpanData {
            span_context: context(1, 2),
            parent_span_id: SpanId::from_bytes(3_u64.to_be_bytes()),
            parent_span_is_remote: true,
            span_kind: SpanKind::Server,
            name: "GET /metrics".into(),
            start_time: UNIX_EPOCH + Duration::from_nanos(10),
            end_time: UNIX_EPOCH + Duration::from_nanos(30),
            attributes: vec![
                KeyValue::new("flag", false),
                KeyValue::new("number", -1),
                KeyValue::new("list", Value::Array(Array::I64(vec![1, 2]))),
            ],
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links,
            status: Status::error("it failed"),
            instrumentation_scope: opentelemetry::InstrumentationScope::builder("x").build(),
        };
        let resource = Resource::builder_empty().with_service_name("limpid").build();
        let bytes = request(&resource, &[data]);
        let of_resource = inner(&bytes, 1);
        let name = inner(inner(of_resource, 1), 1);
        assert_eq!(inner(name, 1), b"service.name");
        assert_eq!(inner(inner(name, 2), 1), b"limpid");
        let of_scope = inner(of_resource, 2);
        assert_eq!(inner(inner(of_scope, 1), 1), b"limpid");
        let span = inner(of_scope, 2);
        assert_eq!(inner(span, 1), 1_u128.to_be_bytes());
        assert_eq!(inner(span, 2), 2_u64.to_be_bytes());
        assert_eq!(inner(span, 3), b"vendor=x");
        assert_eq!(inner(span, 4), 3_u64.to_be_bytes());
        assert_eq!(inner(span, 5), b"GET /metrics");
        assert_eq!(one(span, 6), Field::Number(2));
        assert_eq!((one(span, 7), one(span, 8)), (Field::Number(10), Field::Number(30)));
        let values: Vec<_> = Fields(span)
            .filter_map(|(field, value)| match value {
                Field::Bytes(pair) if field == 9 => Some((inner(pair, 1), inner(pair, 2))),
                _ => None,
            })
            .collect();
        assert_eq!(
            values.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
            [b"flag".as_slice(), b"number", b"list"]
        );
        assert_eq!(one(values[0].1, 2), Field::Number(0));
        assert_eq!(one(values[1].1, 3), Field::Number(u64::MAX));
        assert_eq!(Fields(inner(values[2].1, 5)).count(), 2);
        let link = inner(span, 13);
        assert_eq!((inner(link, 1), inner(link, 2)), (&7_u128.to_be_bytes()[..], &8_u64.to_be_bytes()[..]));
        assert_eq!(inner(inner(span, 15), 2), b"it failed");
        assert_eq!(one(inner(span, 15), 3), Field::Number(2));
        assert_eq!(one(span, 16), Field::Number(0x301));
    }

    #[test]
    fn what_a_collector_does_not_take_is_read_from_its_answer() {
        let mut answer = Message::default();
        answer.message(1, |partial| {
            partial.number(1, 3);
            partial.bytes(2, b"too old");
        });
        assert_eq!(rejected(&answer.into_bytes()), Some((3, "too old".to_owned())));
        assert_eq!(rejected(b""), None);
        assert_eq!(rejected(b"<html>"), None);
    }
}
