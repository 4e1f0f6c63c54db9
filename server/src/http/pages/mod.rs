//! The pages that people see: what each needs to be drawn, and its handlers.
