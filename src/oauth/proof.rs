//! DPoP (RFC 9449): the proof of a request, checked and used up.
//!
//! Must not live here: what a proof must say (that is the core crate's), and what is bound to its key.

use mxcp_actors::domain::client::Client;
use mxcp_actors::domain::dpop::{ExpectedProof, KeyThumbprint, PROOF_ALGORITHMS, Proof, ProofProblem};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::jose::SignatureAlgorithm;
use mxcp_actors::token_store::RememberUse;
use mxcp_actors::token_store::messages::ProvenKey;

use super::{Addresses, Services, Tokens, Unavailable};

/// The `DPoP` headers of a request.
#[derive(Clone, Debug)]
pub enum ProofHeader {
    /// None.
    Absent,
    /// One.
    Present(Secret),
    /// More than one: it is not said which one counts.
    Repeated,
}

/// Why there is no proven key.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The proof is wrong (`invalid_dpop_proof`).
    #[error(transparent)]
    Problem(#[from] ProofProblem),
    /// The server could not find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The names of the algorithms for metadata and challenges.
pub fn proof_algorithms() -> [&'static str; PROOF_ALGORITHMS.len()] {
    PROOF_ALGORITHMS.map(SignatureAlgorithm::name)
}

/// The key that the tokens of this request are to be bound to; `None` if the client did not ask for that. The proof is used up.
pub async fn at_token_endpoint(
    services: &Services,
    addresses: &Addresses,
    client: &Client,
    header: &ProofHeader,
) -> Result<Option<ProvenKey>, ProofError> {
    let proof = match header {
        ProofHeader::Absent if !client.wants_bound_tokens_alone() => return Ok(None),
        ProofHeader::Absent | ProofHeader::Repeated => return Err(ProofProblem::NotOne.into()),
        ProofHeader::Present(proof) => proof,
    };
    let expected = ExpectedProof {
        method: "POST",
        urls: &addresses.token_endpoints(),
        access_token: None,
        now: services.clock.now(),
    };
    let proof = expected.check(proof)?;
    let thumbprint = use_up(&services.tokens, proof).await?;
    let binds_refresh_token = client.is_public();
    Ok(Some(ProvenKey {
        thumbprint,
        binds_refresh_token,
    }))
}

/// The key of a proof that nobody showed before: on any replica; or to this one, where nothing is stored.
pub(super) async fn use_up(tokens: &Tokens, proof: Proof) -> Result<KeyThumbprint, ProofError> {
    let is_first = match tokens {
        Tokens::Own(tokens) => {
            let remembered = tokens.ask(RememberUse(proof.single_use));
            let is_first = remembered.await.map_err(Unavailable::from)?;
            is_first.map_err(Unavailable::from)?
        }
        Tokens::Foreign(tokens) => tokens.use_proof(&proof.single_use).map_err(Unavailable::from)?,
    };
    match is_first {
        true => Ok(proof.key),
        false => Err(ProofProblem::Used.into()),
    }
}
