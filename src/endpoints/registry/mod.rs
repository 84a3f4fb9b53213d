//! The snapshot of everything that can be called, read or asked for. Immutable: a reload builds another one and swaps it in.

mod lookup;
mod runnable;
#[cfg(test)]
mod tests;

pub use lookup::{FoundResource, Registry};
pub use runnable::{Program, Routine, Runnable, RunnablePrompt, RunnableResource, RunnableTool};
