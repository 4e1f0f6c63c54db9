//! The pages that people see: what each needs to be drawn, and its handlers.

pub mod landing;
pub mod phone;
pub mod screen;
pub mod script;

#[cfg(test)]
mod tests;
