//! Who may do what: a token stands for a role, and so does the Unix socket, which only the server's own account can open.

use mxcp_actors::domain::secret::Secret;

/// What somebody may do; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Viewer,
    /// Change something.
    Operator,
}

/// Who comes in by one listener.
#[derive(Clone, Debug)]
pub enum Access {
    /// By the socket: its file mode is the proof.
    Socket,
    /// By the network.
    Network {
        /// The operator's token.
        operator: Option<Secret>,
        /// The viewer's token.
        viewer: Option<Secret>,
    },
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No token came.
    #[error("a token is required: send it as Authorization: Bearer")]
    Missing,
    /// Another one came.
    #[error("the token is not one of this server's admin tokens")]
    Wrong,
    /// The token's role is not enough.
    #[error("the role operator is required: use admin.token, or the admin socket")]
    TooLittle,
}

impl Access {
    /// The role of who presents this token. Compared in constant time.
    ///
    /// Without any token in the configuration, which only a loopback listener may have, everybody may look and nobody
    /// may do more: other accounts of this machine come in by the same way.
    pub fn role(&self, presented: Option<&Secret>) -> Result<Role, Denied> {
        let (operator, viewer) = match self {
            Self::Socket => return Ok(Role::Operator),
            Self::Network {
                operator: None,
                viewer: None,
            } => return Ok(Role::Viewer),
            Self::Network { operator, viewer } => (operator, viewer),
        };
        let presented = presented.ok_or(Denied::Missing)?;
        let is = |known: &Option<Secret>| known.as_ref().is_some_and(|known| known.is_same_as(presented));
        // Both are compared whatever the first one gives.
        match (is(operator), is(viewer)) {
            (true, _) => Ok(Role::Operator),
            (false, true) => Ok(Role::Viewer),
            (false, false) => Err(Denied::Wrong),
        }
    }

    /// Lets pass who has at least this role.
    pub fn require(&self, presented: Option<&Secret>, least: Role) -> Result<(), Denied> {
        match self.role(presented)? >= least {
            true => Ok(()),
            false => Err(Denied::TooLittle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(operator: Option<&str>, viewer: Option<&str>) -> Access {
        Access::Network {
            operator: operator.map(Secret::new),
            viewer: viewer.map(Secret::new),
        }
    }

    #[test]
    fn a_token_stands_for_its_role() {
        let access = network(Some("op"), Some("view"));
        let role = |token: &str| access.role(Some(&Secret::new(token)));
        assert_eq!(role("op"), Ok(Role::Operator));
        assert_eq!(role("view"), Ok(Role::Viewer));
        assert_eq!(role("vie"), Err(Denied::Wrong));
        assert_eq!(access.role(None), Err(Denied::Missing));
        let view = Secret::new("view");
        assert_eq!(
            access.require(Some(&view), Role::Operator),
            Err(Denied::TooLittle)
        );
        assert_eq!(access.require(Some(&view), Role::Viewer), Ok(()));
    }

    #[test]
    fn without_tokens_everybody_may_look_and_the_socket_may_everything() {
        assert_eq!(network(None, None).role(None), Ok(Role::Viewer));
        assert_eq!(network(None, Some("view")).role(None), Err(Denied::Missing));
        assert_eq!(Access::Socket.role(None), Ok(Role::Operator));
    }
}
