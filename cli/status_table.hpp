#pragma once

#include "cli/progress_bar.hpp"
#include "messages/catalog.hpp"

namespace truckee::cli {

/// A gateway's status as lines of at most style.width columns, each with its end: what runs, waits and has
/// ended, the servers. At most `rows` lines (0: all), the recent operations cut first.
std::string render_status(const messages::status_reply& x, const progress_style& style, std::size_t rows = 0);

} // namespace truckee::cli
