//! The Model Context Protocol over HTTP, with the real program.

mod cancel;
mod completion;
mod legacy;
mod mirrored;
mod modern;
mod prompts;
mod resources;
mod sql_tools;
mod tools;
