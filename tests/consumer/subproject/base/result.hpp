#pragma once
// The host's own; Truckee has a header of this name.
namespace host {
struct result {
  int value = 2;
};
} // namespace host
