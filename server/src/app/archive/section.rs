//! A part of a file, as if it were the whole: what a form sends has something before and behind it.

use std::io::{self, Read, Seek, SeekFrom};

/// A part of a file.
#[derive(Debug)]
pub struct Section<F> {
    file: F,
    start: u64,
    len: u64,
    at: u64,
}

impl<F: Read + Seek> Section<F> {
    /// So many bytes from this one on.
    pub const fn new(file: F, start: u64, len: u64) -> Self {
        Self { file, start, len, at: 0 }
    }

    /// How many bytes it has.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<F: Read + Seek> Read for Section<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.at);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        self.file.seek(SeekFrom::Start(self.start + self.at))?;
        let read = self.file.read(&mut buffer[..most])?;
        self.at += read as u64;
        Ok(read)
    }
}

impl<F: Read + Seek> Seek for Section<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn what_is_around_it_is_not_there() {
        let mut section = Section::new(Cursor::new(b"--inside--".to_vec()), 2, 6);
        let mut read = String::new();
        section.read_to_string(&mut read).unwrap();
        assert_eq!(read, "inside");
        assert_eq!(section.seek(SeekFrom::End(-4)).unwrap(), 2);
        read.clear();
        section.read_to_string(&mut read).unwrap();
        assert_eq!(read, "side");
        section.seek(SeekFrom::Start(50)).unwrap();
        assert_eq!(section.read(&mut [0; 4]).unwrap(), 0);
        assert!(section.seek(SeekFrom::End(-7)).is_err());
    }
}
