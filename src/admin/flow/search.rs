//! Which records belong to an attempt: the log is read twice from its end, and what is kept of it is bounded.
//!
//! The first pass finds a record that is meant and learns from it, or from others of the same attempt, the attempt and its
//! grant. The second one, from a little before the beginning, collects what names either of them; and, of about that time,
//! what may be of the same client without saying so: its discovery, its registration, and refusals.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

use mxcp_actors::audit_logger::reading::{AuditFilter, AuditReader, read_logs};
use mxcp_actors::domain::audit_event::{AuditRecord, AuthenticationEvent, OperationStatus, OperationType};
use mxcp_actors::domain::clock::Timestamp;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::login_attempt::AttemptId;

use super::assembly::put_together;
use super::line::{Certainty, Line, Stage};
use super::reference::{Reference, grant_of};
use super::{Flow, FlowError};

/// How long before its request a client of the attempt may have looked around and registered.
const BEFORE: Duration = Duration::from_mins(15);
/// How long after the beginning of an attempt something may still be of it that does not say so: every page waits ten minutes.
const AFTER: Duration = Duration::from_mins(25);
/// Records of one request are written within this time.
pub(super) const ONE_REQUEST: Duration = Duration::from_mins(1);
/// Lines that are kept of what is surely of the attempt, and of what perhaps is.
const MOST_LINES: usize = 256;

/// How much may be looked at.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// What time it is.
    pub now: Timestamp,
    /// Records in each pass.
    pub most_records: usize,
}

/// What the first pass learns.
#[derive(Debug, Default)]
pub(super) struct Anchor {
    pub(super) attempt: Option<AttemptId>,
    pub(super) grant: Option<GrantId>,
    /// The oldest record that belongs to it.
    begun: Option<Timestamp>,
    /// Whether the record with which attempts begin was found.
    pub(super) is_whole: bool,
}

impl Anchor {
    fn belongs(&self, record: &AuditRecord) -> bool {
        (self.attempt.is_some() && self.attempt == record.attempt_id)
            || (self.grant.is_some() && self.grant == grant_of(record))
    }

    /// Whether the record, which is asked for, contradicts nothing that is known.
    fn agrees(&self, record: &AuditRecord) -> bool {
        let other = |known: bool, same: bool| known && !same;
        !other(
            self.attempt.is_some() && record.attempt_id.is_some(),
            self.attempt == record.attempt_id,
        )
    }

    fn learn(&mut self, record: &AuditRecord) {
        self.attempt = self.attempt.or(record.attempt_id);
        self.grant = self.grant.or_else(|| grant_of(record));
        self.begun = Some(record.timestamp);
        self.is_whole = is_beginning(record) && record.attempt_id.is_some();
    }

    /// Whether nothing older can belong to it.
    fn is_over(&self, record: &AuditRecord) -> bool {
        let is_linked = self.attempt.is_some() || self.grant.is_some();
        self.is_whole
            || self
                .begun
                .is_some_and(|begun| !is_linked && record.timestamp + ONE_REQUEST < begun)
    }
}

fn is_beginning(record: &AuditRecord) -> bool {
    use AuthenticationEvent as E;
    let is = |event: E| record.operation_name == event.as_str();
    record.operation_type == OperationType::Auth
        && (is(E::AuthorizationRequested) || is(E::AuthorizationRefused))
}

/// What the second pass collects.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) exact: VecDeque<Line>,
    pub(super) perhaps: VecDeque<Line>,
    pub(super) left_out: u64,
    pub(super) calls: Repeated,
    pub(super) refreshes: Repeated,
}

/// Something that happens again and again while a login lasts: its first time counts.
#[derive(Default)]
pub(super) struct Repeated {
    pub(super) first: Option<Line>,
    pub(super) count: u64,
}

impl Repeated {
    /// Takes the next older one.
    fn take(&mut self, line: Line) {
        self.first = Some(line);
        self.count += 1;
    }
}

/// Puts an attempt together.
pub(super) fn search(bases: &[PathBuf], reference: &Reference, bounds: Bounds) -> Result<Flow, FlowError> {
    let mut reader = read_logs(bases, AuditFilter::default())?;
    let anchor = find_anchor(&mut reader, reference, bounds)?;
    let begun = anchor.begun.unwrap_or(bounds.now);
    let since = AuditFilter {
        since: Some(begun - BEFORE),
        ..AuditFilter::default()
    };
    let mut reader = read_logs(bases, since)?;
    let collected = collect(&mut reader, reference, &anchor, begun, bounds);
    let mut flow = put_together(reference, &anchor, collected, bounds);
    flow.skipped = reader.skipped();
    Ok(flow)
}

fn find_anchor(reader: &mut AuditReader, reference: &Reference, bounds: Bounds) -> Result<Anchor, FlowError> {
    let (mut anchor, mut oldest, mut seen) = (Anchor::default(), None, 0_usize);
    for record in reader.by_ref().take(bounds.most_records) {
        seen += 1;
        oldest = Some(record.timestamp);
        let is_meant = reference.names(&record) && anchor.agrees(&record);
        if is_meant || anchor.belongs(&record) {
            anchor.learn(&record);
        }
        if anchor.is_over(&record) {
            break;
        }
    }
    match anchor.begun {
        Some(_) => Ok(anchor),
        None => Err(FlowError::Unknown {
            reference: reference.as_str().to_owned(),
            oldest,
            is_cut: seen == bounds.most_records && reader.next().is_some(),
        }),
    }
}

fn collect(
    reader: &mut AuditReader,
    reference: &Reference,
    anchor: &Anchor,
    begun: Timestamp,
    bounds: Bounds,
) -> Collected {
    let mut collected = Collected::default();
    for record in reader.by_ref().take(bounds.most_records) {
        if anchor.belongs(&record) || (reference.names(&record) && anchor.agrees(&record)) {
            let line = Line::new(&record, Certainty::Exact);
            match (line.step, line.status) {
                (Stage::Call, _) => collected.calls.take(line),
                (Stage::Refresh, OperationStatus::Success) => collected.refreshes.take(line),
                _ => keep(&mut collected.exact, line, &mut collected.left_out),
            }
        } else if record.timestamp <= begun + AFTER && may_be_of_client(&record) {
            let line = Line::new(&record, Certainty::SameNetwork);
            keep(&mut collected.perhaps, line, &mut 0);
        }
    }
    collected
}

/// Lines come newest first, and the beginning of an attempt says more than its end.
fn keep(lines: &mut VecDeque<Line>, line: Line, left_out: &mut u64) {
    lines.push_front(line);
    if lines.len() > MOST_LINES {
        lines.pop_back();
        *left_out += 1;
    }
}

/// What has no attempt and no grant, and yet is a step of one.
fn may_be_of_client(record: &AuditRecord) -> bool {
    let is_known = record.attempt_id.is_some() || grant_of(record).is_some();
    let is_step = [
        AuthenticationEvent::MetadataRead,
        AuthenticationEvent::ClientRegistered,
        AuthenticationEvent::RequestRefused,
    ];
    !is_known
        && is_step
            .iter()
            .any(|event| record.operation_name == event.as_str())
}
