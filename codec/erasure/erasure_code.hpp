#pragma once

#include "truckee/base/ids.hpp"
#include "truckee/codec/encoding.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <span>

/// zfec's Reed-Solomon code on ISA-L. Share i < k is the i-th piece of the data itself. Source:
/// docs/formats.md section 7.
namespace truckee::codec {

/// One share's block: what the code makes, and makes the content of again.
struct numbered_block {
  share_number share;
  byte_view block;
};

/// The code of one (k, N): immutable, so one object serves all threads.
class erasure_code {
public:
  static result<std::shared_ptr<const erasure_code>> make(encoding shape);

  encoding shape() const { return shape_; }

  /// From the k pieces computes shares k .. N-1. All regions have one size and do not overlap; 64-byte
  /// aligned ones are fastest.
  void encode(std::span<const byte_view> pieces, std::span<const mutable_byte_view> checks) const;

  /// From any k distinct blocks (more are ignored) fills the k pieces, all of the blocks' size. A piece that
  /// already is its own block's memory is left alone. errc::not_enough_shares, or errc::malformed for blocks
  /// of unequal size or a share number beyond N.
  result<void> decode(std::span<const numbered_block> blocks,
                      std::span<const mutable_byte_view> pieces) const;

private:
  erasure_code(encoding shape, bytes tables) : shape_(shape), tables_(std::move(tables)) {}
  encoding shape_;
  bytes tables_; // ISA-L's expanded multiplication tables, 32 bytes a coefficient
};

/// Row-major coefficients: value at point targets[r] of the polynomial through nodes, as a sum over the
/// nodes. Share numbers stand for their points; 255 is the last.
bytes interpolation_rows(std::span<const std::uint8_t> nodes, std::span<const std::uint8_t> targets);

/// Makes each code once and hands it out again. Safe from several threads; keeps at most `codes_max` codes.
class erasure_codes {
public:
  static constexpr std::size_t codes_max = 64; // the largest tables have half a megabyte
  result<std::shared_ptr<const erasure_code>> get(encoding shape);

private:
  std::mutex mutex_;
  std::map<encoding, std::shared_ptr<const erasure_code>> made_;
};

} // namespace truckee::codec
