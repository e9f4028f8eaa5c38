#pragma once

#include "truckee/messages/gateway.hpp"

#include <optional>

/// A file of any size read as a row of retrieves, each of a bounded part and all of one version, so that neither the gateway nor
/// whoever reads holds more than some of them.
namespace truckee::control {

/// Content of one retrieve of a row, in bytes: 64 segments of an MDMF file.
inline constexpr std::uint64_t read_window_bytes = std::uint64_t{8} << 20;

/// Which part is to be asked for next. The first is asked for as if it were all, so that a small file takes one retrieve as
/// ever; what the reply to it says of version and size holds for the others.
class windowed_read {
public:
  /// `whole`: what is to be read in the end. Only of MDMF files are parts fetched alone: of others all is to be one window.
  explicit windowed_read(messages::retrieve_request whole, std::uint64_t window = read_window_bytes);

  /// The retrieve to ask for now. Not when done().
  messages::retrieve_request next() const;
  /// Its reply, which went well.
  void took(const messages::retrieve_reply& reply);
  /// Everything once more, of whatever version is there then: the one that was begun cannot be had any more.
  void begin_again();

  /// All is there.
  bool done() const { return version_ && at_ >= end(); }
  /// Whether a reply has come since the beginning.
  bool begun() const { return version_.has_value(); }
  /// Bytes that were taken since the beginning.
  std::uint64_t taken() const { return at_ - whole_.offset; }
  /// Bytes there will be in the end; 0 before the first reply.
  std::uint64_t total() const { return version_ ? end() - whole_.offset : 0; }
  /// Of the version that is read; nothing before the first reply.
  const std::optional<messages::version_name>& version() const { return version_; }

private:
  std::uint64_t end() const; ///< where the content ends that is wanted

  messages::retrieve_request whole_;
  std::uint64_t window_;
  std::optional<messages::version_name> version_ = {};
  std::uint64_t file_bytes_ = 0;
  std::uint64_t at_; ///< where what is missing begins
};

} // namespace truckee::control
