#pragma once
// The host's own; Truckee has a header of this name.
namespace host {
struct catalog {
  int pages = 3;
};
} // namespace host
