#pragma once

#include "program/support/process.hpp"

#include <functional>
#include <string>

/// Prometheus's view of a running process.
namespace truckee::test {

/// GET of the address a process said it serves metrics at ("metrics: http://..."). Throws where there is no
/// answer.
std::string scrape(process& p);

/// Scrapes until `good`; the text, or a throw when it takes too long.
std::string scrape_until(process& p, const std::function<bool(const std::string&)>& good,
                         process::seconds longest = process::seconds(20));

/// The value of a line that begins with exactly `series` (name and labels); -1 when there is none.
double value_of(const std::string& text, const std::string& series);

} // namespace truckee::test
