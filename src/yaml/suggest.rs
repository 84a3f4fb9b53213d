//! The guess at what a mistyped word was meant to be.

/// The end of a sentence about an unknown word: `; did you mean "…"?`, or `.` if no accepted word is near.
pub fn suggestion(word: &str, accepted: &[&str]) -> String {
    let lowered = word.to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase());
    let nearest = accepted
        .iter()
        .map(|candidate| (distance(candidate), candidate))
        .min();
    match nearest {
        // A third of the letters wrong is still a typing mistake; more is another word.
        Some((distance, candidate)) if distance * 3 <= candidate.chars().count().max(3) => {
            format!("; did you mean {candidate:?}?")
        }
        _ => ".".to_owned(),
    }
}
