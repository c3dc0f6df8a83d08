//! A seeded day of orders that looks like a real one, from the directory at 03:00 to the last
//! message at 20:05.
//!
//! [`Flow`] lets simulated traders send orders to a [matching exchange](crate::matching) and
//! yields what the exchange publishes, one stamped event after the other, so a day of any length
//! is never held in memory. The exchange's rules make the stream valid by construction: no order
//! is known before it is added, none trades more than it has, executions hit the head of the best
//! queue, and no book is crossed while its symbol trades. The traders make it realistic.
//!
//! # The model
//!
//! Time runs in *actions*. Each picks a symbol and does one thing to it: add, cancel, replace,
//! reduce, hide or take. What it does follows from these parts, which are facts that the
//! literature agrees on, in the simplest form that shows them.
//!
//! - **Value and information.** Each symbol has a value that nobody sees. It moves as a
//!   mean-reverting random walk, in part with a factor common to all symbols; its volatility
//!   switches between calm, normal and wild regimes, in which the symbol is also less or more
//!   active (volatility clusters and goes with activity: Cont 2001); and rarely it jumps. Market
//!   makers hold a *belief* that follows the value with a delay and moves with each trade.
//!   Informed takers know the value and trade when the touch is on the wrong side of it; the
//!   others trade for reasons of their own (Glosten and Milgrom 1985). So a market maker earns
//!   the spread from some and loses to others: on the twenty busiest symbols of a default day
//!   (averages of six seeds) takers pay 0.44 ticks over the mid, of which three quarters are left
//!   to the other side ten messages of the symbol later, two fifths after fifty, and nothing
//!   after two hundred. Quoting at the touch is worth something, and less for whoever is late in
//!   the queue or slow to cancel.
//! - **Large orders.** Uninformed takers work orders of heavy-tailed length in small pieces of one
//!   sign, so that trade signs are correlated for long (Lillo, Mike and Farmer 2005).
//! - **Where orders go.** Quotes go to the prices that market makers' belief and half spread
//!   imply, and behind them with a probability that falls as a power of the distance (Bouchaud,
//!   Mézard and Potters 2002). Investors' orders have a heavier tail, up to a third of the price
//!   away, and favour round prices, the more the farther away (Harris 1991): in a day of millions
//!   of messages busy symbols are hundreds of levels deep. The side whose touch has been taken
//!   away is refilled first (Biais, Hillion and Spatt 1995).
//! - **How long they stay.** Cancellations pick among live orders, so the rate at which a queue
//!   shrinks is proportional to its length (Cont, Stoikov and Talreja 2010); nearly half of them
//!   pick the newest one, so many orders live for moments only (Hasbrouck and Saar 2009). A core of
//!   investors' orders, two thirds of what lives, stays for hours.
//! - **How prices move.** There is no price process beside the book. When the belief leaves a
//!   touch, its orders are cancelled or replaced one by one, while takers may be faster, and new
//!   ones come in at the new price: price changes are the imbalance of orders at the touch (Cont,
//!   Kukanov and Stoikov 2014).
//! - **How symbols differ.** Activity follows Zipf's law, with a tenth of symbols that hardly
//!   trade; depth grows as its root, spreads widen with the rank from one tick to one percent;
//!   prices are log-normal around $36 and between $2.10 and $3,500.
//! - **When things happen.** Intensity is a U over the day (Jain and Joh 1988) with persistent
//!   noise, and thin hours before and after. Within it actions come in bursts, microseconds apart.
//! - **The exchange's day.** System events, directory, trading-action and short-sale spins, market
//!   makers' positions; an opening and a closing cross with imbalance messages before them; news
//!   halts and volatility pauses of a few symbols with a quotation-only period and a cross of their
//!   own; broken trades.
//!
//! Left out: other markets and their prices, retail programmes, initial public offerings, and any
//! relation between symbols beyond the common factor.
//!
//! # Size
//!
//! The number of live orders is held near a twelfth of the day's messages at its height. The day
//! has exactly as many messages as [`FlowConfig::messages`] asks for: minutes get their share of
//! what is left, and what must still come (crosses, system events) is reserved. Quotes can only
//! follow a price that moves slower than they are renewed, so in a day of few messages prices move
//! less than in one of many: by some tenths of a percent in the default day.
//!
//! # Reproducibility
//!
//! The same configuration gives the same events on every machine: one xoshiro256++ generator,
//! integers only, nothing that depends on time, threads, addresses or hash order.
//!
//! # Sources
//!
//! Biais, Hillion, Spatt, *An empirical analysis of the limit order book and the order flow in
//! the Paris Bourse*, J. Finance 50 (1995). Bouchaud, Mézard, Potters, *Statistical properties of
//! stock order books*, Quant. Finance 2 (2002). Cont, *Empirical properties of asset returns*,
//! Quant. Finance 1 (2001). Cont, Kukanov, Stoikov, *The price impact of order book events*, J.
//! Financial Econometrics 12 (2014). Cont, Stoikov, Talreja, *A stochastic model for order book
//! dynamics*, Oper. Res. 58 (2010). Glosten, Milgrom, *Bid, ask and transaction prices in a
//! specialist market with heterogeneously informed traders*, J. Financial Economics 14 (1985).
//! Harris, *Stock price clustering and discreteness*, Rev. Financial Studies 4 (1991). Hasbrouck,
//! Saar, *Technology and liquidity provision*, J. Financial Markets 12 (2009). Jain, Joh, *The
//! dependence between hourly prices and trading volume*, J. Financial Quant. Analysis 23 (1988).
//! Lillo, Mike, Farmer, *Theory for long memory in supply and demand*, Phys. Rev. E 71 (2005).

mod agenda;
mod ceremony;
mod chance;
mod clock;
mod config;
mod desk;
mod floor;
mod latent;
mod quoting;
mod sampler;
mod stream;
mod taking;
mod universe;

pub use config::{FlowConfig, FlowError};
pub use stream::{Flow, Stamped};
