#include "truckee/control/windowed_read.hpp"

#include <algorithm>

namespace truckee::control {

windowed_read::windowed_read(messages::retrieve_request whole, std::uint64_t window)
  : whole_(std::move(whole)), window_(std::max<std::uint64_t>(window, 1)), at_(whole_.offset) {}

messages::retrieve_request windowed_read::next() const {
  auto out = whole_;
  out.offset = at_;
  const auto left = version_ ? end() - std::min(end(), at_) : whole_.length;
  out.length = std::min(window_, left);
  // One window that is all stays as it was asked for.
  if (!version_ && window_ == UINT64_MAX)
    out.length = whole_.length;
  if (version_)
    out.only_if = version_;
  return out;
}

void windowed_read::took(const messages::retrieve_reply& reply) {
  if (!version_) {
    version_ = messages::version_name{reply.version, reply.root};
    file_bytes_ = reply.file_bytes;
  }
  // A part that is shorter than it should be would be asked for without end.
  at_ = reply.content.empty() ? end() : at_ + reply.content.size();
}

void windowed_read::begin_again() {
  version_.reset();
  at_ = whole_.offset;
}

std::uint64_t windowed_read::end() const {
  const auto begin = std::min(whole_.offset, file_bytes_);
  return std::max(whole_.offset, begin + std::min(whole_.length, file_bytes_ - begin));
}

} // namespace truckee::control
