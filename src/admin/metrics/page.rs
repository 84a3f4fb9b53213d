//! Rows of numbers to the text that Prometheus reads. The encoder escapes labels; here is only its grammar.

use std::fmt;

use mxcp_actors::measure::{BOUNDS_MICROSECONDS, HistogramStatus};
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Labels of one row, in a fixed order.
pub(super) type Labels<'a> = Vec<(&'a str, &'a str)>;

/// The page that is being written.
pub(super) struct Page<'p, 'e>(pub(super) &'p mut DescriptorEncoder<'e>);

impl Page<'_, '_> {
    /// Numbers that only grow. The suffix `_total` is added.
    pub(super) fn counters<'a>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'a>, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, count) in rows {
            labelled(&mut metric, &labels, |row| {
                row.encode_counter::<NoLabelSet, _, u64>(&count, None)
            })?;
        }
        Ok(())
    }

    /// A number of seconds that only grows.
    pub(super) fn seconds(&mut self, (name, help): (&str, &str), seconds: f64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&seconds, None)
    }

    /// Numbers that go up and down.
    pub(super) fn gauges<'a>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'a>, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in rows {
            labelled(&mut metric, &labels, |row| row.encode_gauge(&value))?;
        }
        Ok(())
    }

    /// Durations in seconds.
    pub(super) fn durations<'a>(
        &mut self,
        (name, help): (&str, &str),
        rows: impl IntoIterator<Item = (Labels<'a>, HistogramStatus)>,
    ) -> fmt::Result {
        let mut metric = self
            .0
            .encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, histogram) in rows {
            let buckets = buckets(&histogram);
            let sum = seconds(histogram.sum_microseconds);
            labelled(&mut metric, &labels, |row| {
                row.encode_histogram::<NoLabelSet>(sum, histogram.count(), &buckets, None)
            })?;
        }
        Ok(())
    }
}

fn labelled(
    metric: &mut MetricEncoder<'_>,
    labels: &Labels<'_>,
    write: impl FnOnce(&mut MetricEncoder<'_>) -> fmt::Result,
) -> fmt::Result {
    match labels.is_empty() {
        true => write(metric),
        false => write(&mut metric.encode_family(labels)?),
    }
}

/// Bounds in seconds and counts; the encoder adds them up.
fn buckets(histogram: &HistogramStatus) -> Vec<(f64, u64)> {
    let bounds = BOUNDS_MICROSECONDS.map(seconds);
    let bounds = bounds.into_iter().chain([f64::INFINITY]);
    bounds.zip(histogram.buckets).collect()
}

/// Exact for 285 years.
#[expect(clippy::cast_precision_loss, reason = "f64 is what the text format holds")]
fn seconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e6
}
