#pragma once

#include "truckee/cli/terminal/bottom_line.hpp"

#include <memory>
#include <string_view>

/// Standard error has many speakers: the log, the progress line, notices, errors. Each says whole lines at
/// once, so that no line stands in the middle of another.
namespace truckee::cli {

/// The one of this process.
std::shared_ptr<bottom_line> standard_error();

/// Whole lines, each with its end, in one piece. What others said in them moves no cursor; where it could be mistaken
/// for a line of ours, it goes through escaped() first.
void tell(std::string_view lines);

/// Writes all of it to a descriptor. What cannot be written is lost: nobody is left to hear of it.
bottom_line::writer write_to(int descriptor);

} // namespace truckee::cli
