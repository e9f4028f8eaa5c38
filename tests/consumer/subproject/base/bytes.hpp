#pragma once
// The host's own; Truckee has a header of this name.
namespace host {
struct bytes {
  int count = 1;
};
} // namespace host
