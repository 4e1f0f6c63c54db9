//! Room tests have a page of their own in place of a form.

use parterre_domain::kinds::readings::Rules;
use parterre_protocol::{Readings, RoomTest};

use super::{AnswerForm, FormContext, KindPage, Unreadable};
use crate::i18n::Locale;

impl KindPage for Rules {
    fn hint(_: Locale, _: &RoomTest) -> String {
        String::new()
    }

    fn form(_: &FormContext<'_, Self>) -> String {
        String::new()
    }

    fn from_form(_: AnswerForm<'_>) -> Result<Readings, Unreadable> {
        unreachable!("no form names a kind whose answers only the server makes")
    }
}
