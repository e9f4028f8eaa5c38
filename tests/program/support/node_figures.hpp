#pragma once

#include "program/support/process.hpp"

#include <cstddef>

/// What the system says of a process; 0 where it has ended.
namespace truckee::test {

/// Processor time it has used, all threads, in seconds.
double processor_seconds(const process& p);

} // namespace truckee::test
