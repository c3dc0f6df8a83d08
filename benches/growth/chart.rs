//! The picture of the table: engine and baseline beside each other, one panel for each thing that grows.

use std::path::Path;

use plotters::prelude::*;

use crate::Figures;

const SIZE: (u32, u32) = (1200, 900);

pub(crate) fn draw(path: &Path, charts: &[(&str, Vec<Figures>)]) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|error| error.to_string())?;
    for (area, (name, rows)) in root.split_evenly((2, 2)).iter().zip(charts) {
        panel(area, name, rows).map_err(|error| format!("{name}: {error}"))?;
    }
    root.present().map_err(|error| error.to_string())
}

/// A name, a color, and what of a row it shows.
type Line = (&'static str, RGBColor, fn(&Figures) -> f64);

fn panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    name: &str,
    rows: &[Figures],
) -> Result<(), Box<dyn std::error::Error>> {
    let [first, .., last] = rows else { return Ok(()) };
    let most = rows.iter().flat_map(|row| [row.engine_ns, row.baseline_ns]).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 15))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(50)
        .build_cartesian_2d((first.number..last.number).log_scale(), 0.0..1.1 * most)?;
    chart.configure_mesh().x_labels(5).y_desc("ns a message").light_line_style(WHITE).draw()?;
    let lines: [Line; 2] =
        [("engine", BLUE, |row| row.engine_ns), ("BTreeMap + FxHash", RED, |row| row.baseline_ns)];
    for (label, color, of) in lines {
        let points = rows.iter().map(|row| (row.number, of(row)));
        chart
            .draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(3))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.8))
        .draw()?;
    Ok(())
}
