//! What was found: one line for each check of each client.

use serde::Serialize;

/// What a line is about that is the same for every client.
pub const SERVER: &str = "server";

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As the client needs it.
    Ok,
    /// It works, and something is not as it should be.
    Warn,
    /// The client cannot connect.
    Failed,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The client, or [`SERVER`].
    pub client: &'static str,
    /// What was looked at.
    pub check: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// What was seen, or what is wrong and what helps.
    pub detail: String,
}

/// All findings, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
}

/// Whose line is written.
pub(super) struct Lines<'a> {
    report: &'a mut Report,
    client: &'static str,
    check: &'static str,
}

impl Report {
    /// How many lines went so.
    pub fn count(&self, outcome: Outcome) -> usize {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.outcome == outcome).count()
    }

    /// Whether no client would fail.
    pub fn is_good(&self) -> bool {
        self.count(Outcome::Failed) == 0
    }

    pub(super) fn about(&mut self, client: &'static str, check: &'static str) -> Lines<'_> {
        Lines {
            report: self,
            client,
            check,
        }
    }
}

impl Lines<'_> {
    fn write(self, outcome: Outcome, detail: String) {
        self.report.findings.push(Finding {
            client: self.client,
            check: self.check,
            outcome,
            detail,
        });
    }

    pub(super) fn ok(self, detail: impl Into<String>) {
        self.write(Outcome::Ok, detail.into());
    }

    pub(super) fn warn(self, detail: impl Into<String>) {
        self.write(Outcome::Warn, detail.into());
    }

    pub(super) fn failed(self, detail: impl Into<String>) {
        self.write(Outcome::Failed, detail.into());
    }

    /// What was seen, or what is wrong.
    pub(super) fn judge(self, judged: Result<String, String>) {
        match judged {
            Ok(detail) => self.ok(detail),
            Err(detail) => self.failed(detail),
        }
    }
}
