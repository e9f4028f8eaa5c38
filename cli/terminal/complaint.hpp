#pragma once

#include "truckee/base/result.hpp"

/// How a command says that it could not.
namespace truckee::cli {

/// "truckee: kind: detail" on standard error, without any capability that stands in it, and the exit code.
int complain(const error& e);

/// The exit code of what was done, or complain() of what was wrong.
int finish(const result<int>& done);

} // namespace truckee::cli
