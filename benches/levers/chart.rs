//! The table as bars: one for each setting, days beside each other.

use std::path::Path;

use plotters::prelude::*;

use crate::{PagesWanted, Setting};

const SIZE: (u32, u32) = (1100, 420);
/// Room of one bar, of which it fills two thirds.
const STEP: f64 = 1.0;

pub(crate) fn draw(path: &Path, charts: &[(&str, Vec<(Setting, f64)>)]) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|error| error.to_string())?;
    for (area, (name, bars)) in root.split_evenly((1, charts.len())).iter().zip(charts) {
        panel(area, name, bars).map_err(|error| format!("{name}: {error}"))?;
    }
    root.present().map_err(|error| error.to_string())
}

#[allow(clippy::cast_precision_loss)] // a few bars
fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    name: &str,
    bars: &[(Setting, f64)],
) -> Result<(), Box<dyn std::error::Error>> {
    let most = bars.iter().map(|&(_, ns)| ns).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(format!("{name}, ns a message"), ("sans-serif", 16))
        .margin(12)
        .y_label_area_size(40)
        .build_cartesian_2d(0.0..STEP * bars.len() as f64, 0.0..1.25 * most)?;
    chart.configure_mesh().disable_x_mesh().disable_x_axis().light_line_style(WHITE).draw()?;
    for (at, (setting, ns)) in bars.iter().enumerate() {
        let left = STEP * (at as f64 + 1.0 / 6.0);
        let color = if setting.looks_ahead { BLUE } else { RED };
        let filled = color.mix(if setting.publishes { 1.0 } else { 0.4 }).filled();
        chart
            .draw_series([Rectangle::new([(left, 0.0), (left + STEP * 2.0 / 3.0, *ns)], filled)])?;
        let label = [
            if setting.pages == PagesWanted::Huge { "huge" } else { "4K" },
            if setting.looks_ahead { "ahead" } else { "" },
            if setting.publishes { "published" } else { "" },
        ];
        for (row, text) in (0u8..).zip(label) {
            let height = most * (1.22 - 0.05 * f64::from(row));
            chart.draw_series([Text::new(text, (left, height), ("sans-serif", 11))])?;
        }
    }
    Ok(())
}
