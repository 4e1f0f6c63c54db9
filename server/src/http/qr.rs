//! Addresses as QR codes.

use std::sync::{Arc, Mutex, PoisonError};

use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};

use super::errors::Failure;

/// How many squares of white a reader needs around a code, by the standard, wherever the picture is
/// put.
const QUIET_ZONE: usize = 4;
/// Pictures that are kept: of more events than one server has at the same time. Some 10 KB each.
const MAX_PICTURES: usize = 32;
/// The longest address whose picture is kept.
const KEPT_BYTES: usize = 200;

/// The pictures that were asked for last, each with its address, the last one at the end.
static PICTURES: Mutex<Vec<(String, Arc<str>)>> = Mutex::new(Vec::new());

/// The address as a picture: everybody in a room asks for the same one.
pub fn svg(address: &str) -> Result<Arc<str>, Failure> {
    let pictures = || PICTURES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = find(&mut pictures(), address) {
        return Ok(found);
    }
    let picture: Arc<str> = draw(address)?.into();
    if address.len() <= KEPT_BYTES {
        let mut pictures = pictures();
        if pictures.len() >= MAX_PICTURES {
            pictures.remove(0);
        }
        pictures.push((address.to_owned(), Arc::clone(&picture)));
    }
    Ok(picture)
}

fn find(pictures: &mut Vec<(String, Arc<str>)>, address: &str) -> Option<Arc<str>> {
    let place = pictures.iter().position(|(of, _)| of == address)?;
    let found = pictures.remove(place);
    let picture = Arc::clone(&found.1);
    pictures.push(found);
    Some(picture)
}

fn draw(address: &str) -> Result<String, Failure> {
    // Level M survives a lamp's reflection on the projection and keeps the squares large.
    let code = QRBuilder::new(address).ecl(ECL::M).build();
    let code = code.map_err(|_| Failure::malformed("This server's address is too long for a QR code."))?;
    Ok(SvgBuilder::default().shape(Shape::Square).margin(QUIET_ZONE).to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_drawn_once_and_no_more_are_kept_than_there_is_room_for() {
        let first = svg("http://room.example/e/FIRST").unwrap();
        for number in 0..MAX_PICTURES * 2 {
            svg(&format!("http://room.example/e/{number}")).unwrap();
            let again = svg("http://room.example/e/FIRST").unwrap();
            assert!(Arc::ptr_eq(&first, &again), "what is asked for again and again stays");
        }
        assert!(PICTURES.lock().unwrap().len() <= MAX_PICTURES);
        assert!(svg(&"x".repeat(5_000)).is_err());
    }
}
