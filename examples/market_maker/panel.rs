//! One panel of the chart: lines of steps and marks of fills over wall-clock time, with a legend
//! beside it.

use std::error::Error;
use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use strategy_api::{Liquidity, Nanos, Price, Side};

use crate::clock_axis::ClockAxis;
use crate::series::Fill;

pub(crate) const INK: RGBColor = RGBColor(40, 40, 40);
pub(crate) const GREY: RGBColor = RGBColor(150, 150, 150);
const GRID: RGBColor = RGBColor(228, 228, 228);
/// Blue, vermilion and green of Okabe and Ito's palette, which the colour-blind tell apart.
pub(crate) const BLUE: RGBColor = RGBColor(0, 114, 178);
pub(crate) const VERMILION: RGBColor = RGBColor(213, 94, 0);
pub(crate) const GREEN: RGBColor = RGBColor(0, 158, 115);

/// Room for a legend, the same beside every panel, so that their times stay below each other.
const LEGEND_WIDTH: u32 = 190;

pub(crate) type Canvas<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn<T = ()> = Result<T, Box<dyn Error>>;

/// A panel that is being drawn.
pub(crate) struct Panel<'p, 'a> {
    chart: ChartContext<'p, SVGBackend<'a>, Cartesian2d<ClockAxis, RangedCoordf64>>,
    range: Range<f64>,
    beside: Canvas<'a>,
    /// How many series the legend names so far.
    named: i32,
}

impl<'p, 'a> Panel<'p, 'a> {
    /// An empty panel: its caption, its axes and its grid.
    pub(crate) fn new(
        area: &'p Canvas<'a>,
        caption: &str,
        span: Range<Nanos>,
        range: Range<f64>,
        decimals: usize,
    ) -> Drawn<Panel<'p, 'a>> {
        let width = area.dim_in_pixel().0.saturating_sub(LEGEND_WIDTH);
        let (_, beside) = area.split_horizontally(width);
        let mut chart = ChartBuilder::on(area)
            .caption(caption, ("sans-serif", 17).into_font().color(&INK))
            .margin_top(10)
            .margin_right(LEGEND_WIDTH)
            .x_label_area_size(30)
            .y_label_area_size(76)
            .build_cartesian_2d(ClockAxis::new(span), range.clone())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GREY)
            .label_style(("sans-serif", 14).into_font().color(&INK))
            .x_labels(12)
            .y_labels(7)
            .y_label_formatter(&|value| format!("{value:.decimals$}"))
            .draw()?;
        Ok(Panel { chart, range, beside, named: 0 })
    }

    /// A line of steps. An empty name keeps it out of the legend.
    pub(crate) fn steps(
        &mut self,
        name: &str,
        style: ShapeStyle,
        values: impl Iterator<Item = (Nanos, Option<f64>)>,
    ) -> Drawn {
        for piece in steps(values) {
            // Quotes may lie far off; a line is not drawn outside its panel.
            let Range { start, end } = self.range;
            let within = piece.into_iter().map(|(time, y)| (time, y.clamp(start, end)));
            self.chart.draw_series(LineSeries::new(within, style))?;
        }
        if !name.is_empty() {
            let y = self.name(name)?;
            self.beside.draw(&PathElement::new([(10, y), (32, y)], style))?;
        }
        Ok(())
    }

    /// Triangles that point up where we bought and down where we sold; pale where we took.
    pub(crate) fn fills(&mut self, fills: &[Fill], size: i32) -> Drawn {
        for (side, name) in Side::BOTH.into_iter().zip(["bought", "sold"]) {
            let of_side = fills.iter().filter(|fill| fill.side == side);
            self.chart.draw_series(of_side.map(|fill| {
                let style = match fill.liquidity {
                    Liquidity::Maker => colour(side).filled(),
                    Liquidity::Taker => colour(side).mix(0.35).filled(),
                };
                EmptyElement::at((fill.time, currency(fill.price)))
                    + Polygon::new(triangle(side, (0, 0), size), style)
            }))?;
            let y = self.name(name)?;
            self.beside.draw(&Polygon::new(triangle(side, (21, y), 5), colour(side).filled()))?;
        }
        Ok(())
    }

    /// Writes a name into the legend; how far down it stands.
    fn name(&mut self, name: &str) -> Drawn<i32> {
        let y = 52 + 21 * self.named;
        self.named += 1;
        let left = Pos::new(HPos::Left, VPos::Center);
        let style = ("sans-serif", 14).into_font().color(&INK).pos(left);
        self.beside.draw(&Text::new(name.to_owned(), (40, y), style))?;
        Ok(y)
    }
}

/// Around `(x, y)`. Pixels grow downwards.
fn triangle(side: Side, (x, y): (i32, i32), size: i32) -> [(i32, i32); 3] {
    let tip = if side == Side::Bid { -size } else { size };
    [(x, y + tip), (x - size, y - tip), (x + size, y - tip)]
}

/// The colour of what buys or sells.
pub(crate) fn colour(side: Side) -> RGBColor {
    if side == Side::Bid { BLUE } else { VERMILION }
}

/// A price in units of currency.
#[allow(clippy::cast_precision_loss)] // for showing
pub(crate) fn currency(price: Price) -> f64 {
    price.units() as f64 / Price::UNITS_PER_ONE as f64
}

/// From the least to the most with a margin, and never empty.
pub(crate) fn padded(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    if low > high {
        return 0.0..1.0;
    }
    let margin = ((high - low) * 0.06).max(0.005);
    low - margin..high + margin
}

/// Values over time as lines of steps, in pieces where there was none in between.
fn steps(values: impl Iterator<Item = (Nanos, Option<f64>)>) -> Vec<Vec<(Nanos, f64)>> {
    let mut pieces: Vec<Vec<(Nanos, f64)>> = Vec::new();
    let mut last: Option<f64> = None;
    for (time, value) in values {
        // What was lasts until now.
        if let (Some(before), Some(piece)) = (last, pieces.last_mut()) {
            piece.push((time, before));
        }
        match (last, value, pieces.last_mut()) {
            (Some(_), Some(value), Some(piece)) => piece.push((time, value)),
            (None, Some(value), _) => pieces.push(vec![(time, value)]),
            _ => {}
        }
        last = value;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_level_until_the_next_value_and_end_where_there_is_none() {
        let values = [Some(1.0), Some(2.0), None, None, Some(5.0)];
        let pieces = steps((0..).map(Nanos::new).zip(values));
        let at = |time, value| (Nanos::new(time), value);
        let first = vec![at(0, 1.0), at(1, 1.0), at(1, 2.0), at(2, 2.0)];
        assert_eq!(pieces, [first, vec![at(4, 5.0)]]);
    }

    #[test]
    fn a_range_is_never_empty() {
        assert_eq!(padded([].into_iter()), 0.0..1.0);
        let level = padded([7.0].into_iter());
        assert!(level.start < 7.0 && 7.0 < level.end);
    }

    #[test]
    fn buys_point_up_and_sales_down() {
        assert_eq!(triangle(Side::Bid, (10, 10), 4), [(10, 6), (6, 14), (14, 14)]);
        assert_eq!(triangle(Side::Ask, (10, 10), 4), [(10, 14), (6, 6), (14, 6)]);
    }
}
