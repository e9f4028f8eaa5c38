#pragma once

namespace truckee {

/// A deleter that calls a C library's function: std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>.
template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};

} // namespace truckee
