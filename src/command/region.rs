//! Where a subcommand keeps its books: arguments, and what comes of them.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Deserialize;
use wirebook::book::region::{HugePages, PageSize, RegionConfig, RegionError};
use wirebook::book::{Books, BooksError, Capacity, Resumed};

use super::outcome::Failure;

/// Which pages the books' memory is to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PagesArgument {
    /// The largest that are to be had.
    Prefer,
    /// 1 GiB, reserved.
    #[value(name = "1G")]
    #[serde(rename = "1G")]
    Gigabyte,
    /// 2 MiB, reserved.
    #[value(name = "2M")]
    #[serde(rename = "2M")]
    TwoMegabytes,
    /// Transparent huge pages.
    Transparent,
    /// Ordinary ones.
    #[value(name = "4K")]
    #[serde(rename = "4K")]
    Small,
}

impl From<PagesArgument> for HugePages {
    fn from(argument: PagesArgument) -> HugePages {
        match argument {
            PagesArgument::Prefer => HugePages::Prefer,
            PagesArgument::Gigabyte => HugePages::Require(PageSize::Gigabyte),
            PagesArgument::TwoMegabytes => HugePages::Require(PageSize::TwoMegabytes),
            PagesArgument::Transparent => HugePages::Require(PageSize::Transparent),
            PagesArgument::Small => HugePages::Never,
        }
    }
}

#[derive(clap::Args)]
pub(super) struct RegionArguments {
    /// Keep the books in a file, on hugetlbfs or tmpfs, that other processes can attach to.
    #[arg(long, value_name = "PATH")]
    region: Option<PathBuf>,
    /// Go on with the books that a killed replay of the same recording left in that file; begin
    /// anew where there is none.
    #[arg(long, requires = "region")]
    resume: bool,
    /// How many updates the ring in that file holds, for those who follow it.
    #[arg(long, value_name = "N", requires = "region", default_value_t = 1 << 16)]
    updates: u32,
    /// The pages that the books are to have; what is asked for is required.
    #[arg(long, value_enum)]
    pages: Option<PagesArgument>,
}

/// Books to begin with, and those that a killed writer left.
pub(super) struct Opened {
    pub(super) books: Books,
    pub(super) resumed: Option<Resumed>,
}

impl RegionArguments {
    /// What a live feed keeps its books in: there is nothing to resume from.
    pub(super) fn of_run(
        region: Option<PathBuf>,
        updates: u32,
        pages: Option<PagesArgument>,
    ) -> RegionArguments {
        let updates = if region.is_some() { updates } else { 0 };
        RegionArguments { region, resume: false, updates, pages }
    }

    /// Whether others can attach to the books.
    pub(super) fn is_shared(&self) -> bool {
        self.region.is_some()
    }

    /// Makes the books, or takes over those that were left. Says on standard error what pages books in
    /// a file got.
    pub(super) fn open(&self, capacity: Capacity) -> Result<Opened, Failure> {
        let Some(path) = &self.region else {
            let config = self.pages.map(|pages| self.config(pages));
            let books = match config {
                Some(config) => Books::create(capacity, &config)?,
                None => Books::new(capacity)?,
            };
            return Ok(Opened { books, resumed: None });
        };
        if self.resume {
            match Books::resume(capacity, self.updates, path) {
                Ok(resumed) => {
                    self.report(&resumed.books);
                    // What comes before is played into books that nobody else sees.
                    let books = Books::new(capacity)?;
                    return Ok(Opened { books, resumed: Some(resumed) });
                }
                Err(error) if !is_nothing(&error) => return Err(error.into()),
                Err(_) => {}
            }
        }
        let config = self.config(self.pages.unwrap_or(PagesArgument::Prefer));
        let books = Books::create(capacity, &config)?;
        self.report(&books);
        Ok(Opened { books, resumed: None })
    }

    fn config(&self, pages: PagesArgument) -> RegionConfig {
        let mut config = RegionConfig { file: self.region.clone(), ..RegionConfig::default() };
        (config.pages, config.updates) = (pages.into(), self.updates);
        // Where it is allowed; what came of it is reported.
        config.lock = true;
        config
    }

    fn report(&self, books: &Books) {
        if let (Some(path), Some(region)) = (&self.region, books.region()) {
            eprintln!("wirebook: books in {}: {}", path.display(), region.pages());
        }
    }
}

/// Whether there are no books to go on with: no file, or one whose writer was killed before there were
/// books in it.
fn is_nothing(error: &BooksError) -> bool {
    match error {
        BooksError::Region(RegionError::File { source, .. }) => {
            source.kind() == std::io::ErrorKind::NotFound
        }
        // What is really foreign is refused when new books are to take its place.
        BooksError::Region(RegionError::Incomplete { .. } | RegionError::Foreign { .. }) => true,
        _ => false,
    }
}
