#include "truckee/storage/container_store.hpp"

#include <limits>

/// Shares that are brought in pieces: README.md, "Staged shares".
namespace truckee::storage {

using grid::storage_status;

namespace {

/// Nothing where a share may have that piece.
std::optional<grid::stage_answer> check_piece(const grid::write_vector& piece,
                                              std::uint64_t share_bytes_max) {
  const auto size = std::uint64_t{piece.data.size()};
  if (piece.offset > std::numeric_limits<std::uint64_t>::max() - size)
    return grid::stage_answer{storage_status::malformed, 0,
                              "the piece's offset plus its length overflows 64 bits"};
  if (piece.offset + size > share_bytes_max)
    return grid::stage_answer{storage_status::too_large, 0,
                              "the piece ends at byte " + std::to_string(piece.offset + size) +
                                  ", the limit is " + std::to_string(share_bytes_max)};
  return std::nullopt;
}

} // namespace

grid::stage_answer container_store::stage(const grid::stage_piece& request) {
  const staging_name name{request.slot, request.share, request.staging};
  if (request.let_go) {
    stagings_.let_go(name);
    return {};
  }
  if (read_only_)
    return {storage_status::read_only, 0, "this store takes no writes"};
  if (auto refused = check_piece(request.piece, share_bytes_max_))
    return std::move(*refused);
  for (;;) {
    auto done = take_piece(name, request.piece);
    if (done.status != storage_status::no_space || !make_room())
      return {done.status, done.bytes_available, std::move(done.detail)};
  }
}

container_store::verdict container_store::take_piece(const staging_name& name,
                                                     const grid::write_vector& piece) {
  const auto needed = std::uint64_t{piece.data.size()};
  const auto free = free_for(needed);
  if (!free)
    return {status_of(free.error()), free.error().what};
  if (const auto available = *free - std::min(*free, reserved_space_.load()); needed > available)
    return {storage_status::no_space,
            std::to_string(needed) + " bytes needed, " + std::to_string(available) + " available", available};
  auto file = staged_as(name);
  if (!file)
    return std::move(file.error());
  const auto done = (*file)->write(container_head_size + piece.offset, piece.data);
  if (done)
    return {};
  stagings_.let_go(name); // who knows what of it is there
  const auto status = status_of(done.error());
  return {status, done.error().what + "; what was brought of the share before is let go",
          status == storage_status::no_space ? bytes_available() : 0};
}

/// What has that name already, or a new one.
tl::expected<std::shared_ptr<staged_file>, container_store::verdict>
container_store::staged_as(const staging_name& name) {
  if (auto known = stagings_.find(name, now_()))
    return known;
  const auto full = [this] {
    return tl::unexpected(verdict{storage_status::refused, "the store holds " +
                                                               std::to_string(options_.limits.stagings_max) +
                                                               " shares that are being brought, its limit; "
                                                               "ask again later"});
  };
  if (stagings_.is_full() && !make_room())
    return full();
  auto made = backend_->stage();
  if (!made)
    return tl::unexpected(
        verdict{status_of(made.error()), made.error().what, is_full(made.error()) ? bytes_available() : 0});
  if (!stagings_.add(name, *made, now_()))
    return full();
  return std::move(*made);
}

/// Where room is wanted, the one goes that was not gone on with for longest.
bool container_store::make_room() {
  return stagings_.let_go_oldest(now_(), options_.limits.staging_silence_seconds);
}

void container_store::let_go_idle() {
  stagings_.let_go_idle(now_(), options_.limits.staging_seconds_max);
}

} // namespace truckee::storage
