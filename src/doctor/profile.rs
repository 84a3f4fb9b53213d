//! How each client finds, registers with and comes back to a server, as data. What stands here was seen in their requests and
//! documents; the redirect URIs are of their form, and lead to nobody.

use std::time::Duration;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What people call it, and `--client`.
    pub name: &'static str,
    /// What it registers.
    pub redirect_uris: &'static [&'static str],
    /// Where it then wants its answers: not always what it registered, as loopback ports change.
    pub presented: &'static [&'static str],
    /// `application_type`, if it sends one.
    pub application_type: Option<&'static str>,
    /// Which resource it names.
    pub resource: ResourceForm,
    /// How it looks for metadata.
    pub search: Search,
    /// The origin of its page, if it is one.
    pub origin: Option<&'static str>,
    /// The address of the document that describes it, where it prefers that to registering.
    pub document: Option<&'static str>,
    /// Whether it prefers to sign who it is (`private_key_jwt`) where its document is read.
    pub signs: bool,
    /// The longest that it waits for an answer, in seconds.
    pub patience_seconds: u64,
}

/// Which resource a client asks tokens for (RFC 8707).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceForm {
    /// What the metadata names.
    Named,
    /// The same with a slash at the end.
    WithSlash,
}

/// How a client looks for metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// Wherever the challenge or one of the well-known addresses has it.
    Everywhere,
    /// Where the challenge says alone; the resource named there must be the address that the user typed.
    ChallengeOnly,
}

/// What most clients have in common.
const PLAIN: Profile = Profile {
    name: "",
    redirect_uris: &[],
    presented: &[],
    application_type: None,
    resource: ResourceForm::Named,
    search: Search::Everywhere,
    origin: None,
    document: None,
    signs: false,
    patience_seconds: 30,
};

/// All profiles, in the order of the table.
pub const PROFILES: [Profile; 7] = [
    Profile {
        name: "claude.ai",
        redirect_uris: &["https://claude.ai/api/mcp/auth_callback"],
        presented: &["https://claude.ai/api/mcp/auth_callback"],
        resource: ResourceForm::WithSlash,
        document: Some("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        patience_seconds: 10,
        ..PLAIN
    },
    Profile {
        name: "claude-code",
        redirect_uris: &["http://localhost/callback", "http://127.0.0.1/callback"],
        presented: &[
            "http://localhost:54545/callback",
            "http://127.0.0.1:61234/callback",
        ],
        application_type: Some("native"),
        document: Some("https://claude.ai/oauth/claude-code-client-metadata"),
        ..PLAIN
    },
    Profile {
        name: "chatgpt",
        redirect_uris: &["https://chatgpt.com/connector/oauth/mxcp-actor-doctor"],
        presented: &["https://chatgpt.com/connector/oauth/mxcp-actor-doctor"],
        application_type: Some("web"),
        signs: true,
        patience_seconds: 10,
        ..PLAIN
    },
    Profile {
        name: "vscode",
        redirect_uris: &[
            "https://vscode.dev/redirect",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1/",
        ],
        presented: &[
            "https://vscode.dev/redirect",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:50123/",
        ],
        application_type: Some("native"),
        search: Search::ChallengeOnly,
        ..PLAIN
    },
    Profile {
        name: "cursor",
        redirect_uris: &[
            "cursor://anysphere.cursor-mcp/oauth/mxcp-actor-doctor/callback",
            "http://localhost:8787/callback",
        ],
        presented: &[
            "cursor://anysphere.cursor-mcp/oauth/mxcp-actor-doctor/callback",
            "http://localhost:8787/callback",
        ],
        application_type: Some("native"),
        ..PLAIN
    },
    Profile {
        name: "codex",
        redirect_uris: &["http://127.0.0.1:1455/callback"],
        presented: &[
            "http://127.0.0.1:1455/callback",
            "http://127.0.0.1:40123/callback",
        ],
        ..PLAIN
    },
    Profile {
        name: "inspector",
        redirect_uris: &["http://localhost:6274/oauth/callback"],
        presented: &["http://localhost:6274/oauth/callback"],
        origin: Some("http://localhost:6274"),
        ..PLAIN
    },
];

impl Profile {
    /// The profile of this name.
    pub fn named(name: &str) -> Option<Self> {
        PROFILES.into_iter().find(|profile| profile.name == name)
    }

    /// Whether it still waits for an answer that took so long.
    pub(super) fn bears(&self, took: Duration) -> Result<(), String> {
        if took.as_secs() < self.patience_seconds {
            return Ok(());
        }
        Err(format!(
            "the answer took {} s, and {} waits {} s: look at what makes the server, its store or something in front of it slow",
            took.as_secs(),
            self.name,
            self.patience_seconds
        ))
    }

    /// What it calls itself at the server that is examined.
    pub fn client_name(&self) -> String {
        format!("mxcp-actor doctor ({})", self.name)
    }
}
