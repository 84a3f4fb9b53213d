//! From what was found to what is shown: the lines in their order, what is probably of the same client beside what surely is of
//! the attempt, and what else there is to know.

use std::collections::VecDeque;
use std::time::Duration;

use mxcp_actors::audit_logger::reading::Skipped;
use mxcp_actors::domain::clock::Timestamp;

use super::Flow;
use super::line::{Certainty, Line, Stage};
use super::reference::Reference;
use super::search::{Anchor, Bounds, Collected, ONE_REQUEST, Repeated};
use super::verdict::Verdict;

/// What is shown of an attempt.
pub(super) fn put_together(
    reference: &Reference,
    anchor: &Anchor,
    collected: Collected,
    bounds: Bounds,
) -> Flow {
    let Collected {
        mut exact,
        perhaps,
        left_out,
        calls,
        refreshes,
    } = collected;
    let mut notes = notes(anchor, left_out, &calls, &refreshes);
    let has_call = calls.first.is_some();
    exact.extend(refreshes.first);
    exact.extend(calls.first);
    let mut lines: Vec<Line> = exact.into();
    lines.sort_by_key(|line| line.time);
    let verdict = Verdict::of(&lines, has_call, bounds.now);
    let duration = match (lines.first(), lines.last()) {
        (Some(first), Some(last)) => last.time.duration_since(first.time),
        _ => Duration::ZERO,
    };
    let found = |choose: fn(&Line) -> Option<&String>| lines.iter().find_map(choose).cloned();
    let (client_id, client_name) = (
        found(|line| line.client_id.as_ref()),
        found(|line| line.client_name.as_ref()),
    );
    let user = found(|line| line.user.as_ref());
    let surroundings = around(&lines, client_id.as_deref(), perhaps);
    if !surroundings.is_empty() {
        notes.push(
            "lines marked ~ name no attempt: they are of the same client (or only of the same network) at about that time, and \
             so probably of this login"
                .to_owned(),
        );
    }
    lines.extend(surroundings);
    lines.sort_by_key(|line| line.time);
    measure(&mut lines);
    Flow {
        reference: reference.as_str().to_owned(),
        attempt_id: anchor.attempt.map(|id| id.to_string()),
        grant_id: anchor.grant.map(|id| id.to_string()),
        client_id,
        client_name,
        user,
        verdict,
        duration_ms: milliseconds(duration),
        lines,
        notes,
        skipped: Skipped::default(),
    }
}

/// What is probably of the same client: its own records by its identifier, and discovery, which has none, by its network.
fn around(exact: &[Line], client: Option<&str>, perhaps: VecDeque<Line>) -> Vec<Line> {
    let networks: Vec<&str> = exact.iter().filter_map(|line| line.network.as_deref()).collect();
    let last = exact.iter().map(|line| line.time).max();
    let may_be_late = |line: &Line| last.is_none_or(|last| line.time <= last + ONE_REQUEST);
    let judge = |mut line: Line| {
        let is_same_client = line.client_id.is_some() && line.client_id.as_deref() == client;
        let is_near = line
            .network
            .as_deref()
            .is_some_and(|network| networks.contains(&network));
        line.certainty = match (is_same_client, is_near && line.step == Stage::Discovery) {
            (true, _) => Certainty::SameClient,
            (false, true) => Certainty::SameNetwork,
            (false, false) => return None,
        };
        Some(line)
    };
    perhaps
        .into_iter()
        .filter(|line| may_be_late(line))
        .filter_map(judge)
        .collect()
}

fn notes(anchor: &Anchor, left_out: u64, calls: &Repeated, refreshes: &Repeated) -> Vec<String> {
    let mut notes = Vec::new();
    if anchor.attempt.is_none() {
        notes.push(
            "no record names a login attempt: it began without a browser, before this version of the server, or what it began \
             with is not kept any more"
                .to_owned(),
        );
    } else if !anchor.is_whole {
        notes.push("the beginning is not in the log any more, or in another replica's".to_owned());
    }
    if left_out > 0 {
        notes.push(format!("{left_out} later lines are left out"));
    }
    for (repeated, what) in [(calls, "calls"), (refreshes, "refreshes")] {
        if repeated.count > 1 {
            notes.push(format!("the first of {} {what} is shown", repeated.count));
        }
    }
    notes
}

/// How long after each other the lines came.
fn measure(lines: &mut [Line]) {
    let mut before: Option<Timestamp> = None;
    for line in lines {
        line.after_ms = before.map_or(0, |before| milliseconds(line.time.duration_since(before)));
        before = Some(line.time);
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
