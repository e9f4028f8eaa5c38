#pragma once

#include "truckee/cli/terminal/progress_bar.hpp"
#include "truckee/messages/gateway.hpp"

namespace truckee::cli {

/// A gateway's status as lines of at most style.width columns, each with its end: what runs, waits and has
/// ended, the servers. At most `rows` lines (0: all), the recent operations cut first.
std::string render_status(const messages::status_reply& x, const progress_style& style, std::size_t rows = 0);

/// One operation: what it does or how it ended, its stages, and for each server which shares it has or shall
/// get, its last message and what is wrong with it.
std::string render_operation(const messages::operation_detail& x, const progress_style& style,
                             std::size_t rows = 0);

} // namespace truckee::cli
